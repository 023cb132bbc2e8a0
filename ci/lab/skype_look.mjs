// What a person sees of a conversation, read off the page: runs in the page, so it stands on nothing outside itself.

/**
 * The newest `last` messages, all lines of the system and of calls, the head and who types. The words of a message are written as
 * plain elements: `<p><strong>bold</strong></p>`. Elements that no message may have stand there too, under their own names.
 */
export function look(last) {
  const bare = (found) => (found?.textContent ?? '').replace(/[\u2066-\u2069\u200e\u200f]/g, '').trim();
  const escape = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  const INLINE = new Set(['p', 'strong', 'em', 's', 'code', 'pre', 'a', 'b', 'bdi', 'span']);

  function shape(node) {
    if (node.nodeType === Node.TEXT_NODE) {
      const text = node.data.replace(/[\u2066-\u2069\u200e\u200f]/g, '');
      return text.trim() === '' && !INLINE.has(node.parentElement.localName) ? '' : escape(text);
    }
    if (node.nodeType !== Node.ELEMENT_NODE) return '';
    const inside = () => [...node.childNodes].map(shape).join('');
    const name = node.localName;
    if (name === 'br') return '<br>';
    if (name === 'bdi') return inside();
    if (name === 'span' && /^:.*:$/.test(node.title)) return `<emoticon ${node.title}>`;
    if (name === 'a') return `<a ${node.getAttribute('href')}>${inside()}</a>`;
    if (name === 'b' && node.classList.contains('mention')) return `<mention${node.classList.contains('me') ? ' me' : ''}>${inside()}</mention>`;
    return `<${name}>${inside()}</${name}>`;
  }

  const message = (article) => {
    const text = article.querySelector('.text');
    const quote = article.querySelector('.quote');
    return {
      mine: article.classList.contains('mine') || article.dataset.key.startsWith('out '),
      by: article.getAttribute('aria-label'),
      words: text ? [...text.childNodes].map(shape).join('') : '',
      gone: bare(article.querySelector('.gone > span')),
      edited: [...article.querySelectorAll('.meta span')].some((each) => bare(each) === 'edited'),
      tick: article.querySelector('[data-tick]')?.dataset.tick ?? null,
      quote: quote && { by: bare(quote.querySelector('b')), words: bare(quote.querySelector('.words')) },
      names_me: article.querySelector('.named') !== null,
      files: [...article.querySelectorAll('a.file')].map((each) => ({ name: each.querySelector('bdi').title, size: bare(each.querySelector('.num')) })),
      sounds: article.querySelectorAll('audio').length,
      films: article.querySelectorAll('video').length,
      pictures: [...article.querySelectorAll('.pictures a')].map((each) => ({ name: each.title, width: each.querySelector('img').naturalWidth, height: each.querySelector('img').naturalHeight })),
    };
  };
  const head = document.querySelector('.conv [data-region="head"]');
  const articles = [...document.querySelectorAll('.log [role="article"]')];
  return {
    messages: articles.slice(-last).map(message),
    lines: [...document.querySelectorAll('.log p.sys')].map(bare),
    calls: [...document.querySelectorAll('.log .callline .text')].map((each) => [...each.children].map(bare).join(': ')),
    typing: bare(document.querySelector('.log .typing')),
    head: head && {
      title: bare(head.querySelector('.title')),
      words: bare(head.querySelector('.who p')),
      dot: head.querySelector('.pres')?.getAttribute('class').split(' ').find((each) => /^(?:online|away|busy|call|offline|invisible)$/.test(each)) ?? null,
      mood: bare(head.querySelector('.mood bdi')),
      picture: head.querySelector('.face img')?.naturalWidth ?? 0,
    },
  };
}

/** The rows of the list of chats: whom, the line below, and how many are new. */
export function standing() {
  const bare = (found) => (found?.textContent ?? '').replace(/[\u2066-\u2069\u200e\u200f]/g, '').replace(/\s+/g, ' ').trim();
  return [...document.querySelectorAll('[data-region="list"] a.row')].map((row) => ({ name: row.dataset.item, words: bare(row), unread: bare(row.querySelector('.badge')) }));
}

// A line between browsers and a server that can be slow, dead, or cut.

import { connect, createServer } from 'node:net';

/** Listens on a free port of loopback for the server at `url`. `rtt`: ms that a question and its answer spend on the way. */
export async function layWire(url, { rtt = 0 } = {}) {
  const { hostname, port } = new URL(url);
  // Node's timers know whole milliseconds.
  const there = Math.floor(rtt / 2);
  const back = rtt - there;
  const pairs = new Set();
  let state = 'open';

  const listener = createServer((near) => {
    if (state === 'cut') {
      near.resetAndDestroy();
      return;
    }
    const pair = { near, far: connect(Number(port), hostname), broken: state === 'dead' };
    pairs.add(pair);
    carry(pair, near, pair.far, there);
    carry(pair, pair.far, near, back);
  });

  function carry(pair, from, to, delay) {
    from.setNoDelay(true);
    // What was on its way when the line died never arrives.
    const later = (what) => (delay === 0 ? pass(what) : setTimeout(pass, delay, what));
    const pass = (what) => {
      if (state !== 'open') pair.broken = true;
      else if (!pair.broken) what();
    };
    from.on('data', (bytes) => later(() => to.write(bytes)));
    from.on('end', () => later(() => to.end()));
    from.on('error', () => later(() => to.destroy()));
    from.on('close', () => {
      if (pair.near.destroyed && pair.far.destroyed) pairs.delete(pair);
    });
  }

  function destroy() {
    for (const { near, far } of pairs) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
    pairs.clear();
  }

  await new Promise((resolve) => listener.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${listener.address().port}`,
    /** Nothing passes any more, and nobody is told: a cable that was pulled. */
    die: () => (state = 'dead'),
    /** Every connection breaks, and no new one is to be had. */
    cut() {
      state = 'cut';
      destroy();
    },
    /** It carries again; what lost bytes is gone. */
    mend() {
      state = 'open';
      for (const pair of [...pairs].filter(({ broken }) => broken)) {
        pair.near.resetAndDestroy();
        pair.far.resetAndDestroy();
        pairs.delete(pair);
      }
    },
    async remove() {
      destroy();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

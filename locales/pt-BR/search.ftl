# The window that searches everything.

search-everything = Buscar pessoas, conversas e mensagens
search-messages = Buscar mensagens
search-in = Buscar mensagens com { $name }
search-only-in = Só com { $name }
search-found = O que foi encontrado
search-recent = Conversas recentes
search-people = Pessoas e conversas
search-asking = Buscando
search-older = Mostrar mensagens mais antigas
search-again = Buscar de novo
search-no-words = Escreva uma palavra para buscar: letras ou números.
search-no-messages = Nenhuma mensagem tem essas palavras.
search-count = { $count ->
    [one] Uma mensagem
   *[other] { $count } mensagens
}
search-count-more = { $count ->
    [one] Uma mensagem, e outras mais antigas
   *[other] { $count } mensagens, e outras mais antigas
}
search-full = Estas são as { $count } mais novas. Acrescente uma palavra para restringir a busca.
search-not-whole = As mensagens mais novas ainda podem faltar: o servidor está se atualizando.
search-offline = Você está sem conexão: só os nomes são buscados. As mensagens aparecem quando a conexão voltar.
search-too-many = Muitas buscas de uma vez. Esta continua sozinha em { $time }.
search-you = Você

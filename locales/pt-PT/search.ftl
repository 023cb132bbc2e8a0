# The window that searches everything.

search-everything = Procurar pessoas, conversas e mensagens
search-messages = Procurar mensagens
search-in = Procurar mensagens com { $name }
search-only-in = Só com { $name }
search-found = O que foi encontrado
search-recent = Conversas recentes
search-people = Pessoas e conversas
search-asking = A procurar
search-older = Mostrar mensagens mais antigas
search-again = Procurar de novo
search-no-words = Escreva uma palavra a procurar: letras ou algarismos.
search-no-messages = Nenhuma mensagem tem estas palavras.
search-count = { $count ->
    [one] Uma mensagem
   *[other] { $count } mensagens
}
search-count-more = { $count ->
    [one] Uma mensagem, e outras mais antigas
   *[other] { $count } mensagens, e outras mais antigas
}
search-full = Estas são as { $count } mais recentes. Acrescente uma palavra para restringir a procura.
search-not-whole = As mensagens mais recentes podem ainda faltar: o servidor está a atualizar-se.
search-offline = Está sem ligação: só os nomes são procurados. As mensagens seguem-se quando a ligação voltar.
search-too-many = Muitas procuras de uma vez. Esta continua sozinha dentro de { $time }.
search-you = Eu

# O cartão de perfil e as denúncias ao operador.

card-write = Escrever
card-nickname = O seu nome para esta pessoa
card-nickname-hint = Só o vê quem o escolheu, em todo o lado. Os outros chamam { $name } a esta pessoa.
card-note = Nota
card-note-hint = Só a vê quem a escreveu.
card-nothing-changed = Nada mudou.
card-common = { $count ->
    [0] Nenhum grupo em comum
    [one] Um grupo em comum
   *[other] { $count } grupos em comum
}

report-title = Denunciar { $name }?
report-text = A denúncia vai para quem gere este servidor. Essas pessoas veem o que escolher aqui; quem é denunciado não fica a saber.
report-why = De que se trata?
report-spam = Publicidade indesejada
report-harassment = Ameaças, insultos ou perseguição
report-impersonation = Finge ser outra pessoa
report-harmful = Imagens ou palavras nocivas
report-other = Outra coisa
report-more = O que mais é preciso saber
report-quote = Mensagens a mostrar, no máximo { $count }
report-no-words = Uma imagem ou um ficheiro
report-choose = Escolha de que se trata.
report-say = Diga em poucas palavras de que se trata.
report-send = Enviar denúncia
report-sent = A denúncia foi enviada.

# The page of people.

search-contacts = Procurar nos seus contactos
all-contacts = Todos os contactos
favourites = Favoritos
other-contacts = Todos os outros
wants-to-add = Quer adicionar-me
waiting-answer = A aguardar resposta
asked-on = Pedido feito { $time }
no-contacts = Ainda não há ninguém aqui. Adicione alguém pelo nome neste servidor.
take-back = Retirar
call-person = Ligar a { $name }
video-person = Chamada de vídeo com { $name }
accept-person = Aceitar { $name }
decline-person = Recusar { $name }
block-person = Bloquear { $name }
take-back-person = Retirar o pedido a { $name }
request-received = { $name } quer fazer parte dos seus contactos. Não vê nada seu até aceitar.
declined-toast = Recusado. { $name } não recebe aviso.
taken-back-toast = O pedido foi retirado.

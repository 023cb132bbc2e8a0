# O cartão de perfil e as denúncias ao operador.

card-write = Escrever
card-nickname = Seu nome para esta pessoa
card-nickname-hint = Só você vê, em toda parte. Os outros chamam esta pessoa de { $name }.
card-note = Anotação
card-note-hint = Só você vê.
card-nothing-changed = Nada mudou.
card-common = { $count ->
    [0] Nenhum grupo em comum
    [one] Um grupo em comum
   *[other] { $count } grupos em comum
}

report-title = Denunciar { $name }?
report-text = A denúncia vai para quem administra este servidor. Essas pessoas veem o que você escolhe aqui; quem é denunciado não fica sabendo.
report-why = De que se trata?
report-spam = Propaganda indesejada
report-harassment = Ameaças, insultos ou perseguição
report-impersonation = Finge ser outra pessoa
report-harmful = Imagens ou palavras nocivas
report-other = Outra coisa
report-more = O que mais é preciso saber
report-quote = Mensagens para mostrar, no máximo { $count }
report-no-words = Uma imagem ou um arquivo
report-choose = Escolha de que se trata.
report-say = Diga em poucas palavras de que se trata.
report-send = Enviar denúncia
report-sent = A denúncia foi enviada.

# The page of people.

search-contacts = Buscar nos seus contatos
all-contacts = Todos os contatos
favourites = Favoritos
other-contacts = Todos os outros
wants-to-add = Quer adicionar você
waiting-answer = Aguardando resposta
asked-on = Pedido feito { $time }
no-contacts = Ninguém aqui ainda. Adicione alguém pelo nome neste servidor.
take-back = Desistir
call-person = Ligar para { $name }
video-person = Chamada de vídeo com { $name }
accept-person = Aceitar { $name }
decline-person = Recusar { $name }
block-person = Bloquear { $name }
take-back-person = Desistir do pedido para { $name }
request-received = { $name } quer adicionar você. Não vê nada seu até você aceitar.
declined-toast = Recusado. { $name } não recebe aviso.
taken-back-toast = O pedido foi retirado.

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

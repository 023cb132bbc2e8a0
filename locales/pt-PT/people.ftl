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

# Questions that stand above everything, and the form of the own status.

remove-title = Remover esta mensagem para todos?
remove-text = { $name } pode já ter lido; programas antigos ficam com a cópia.
remove-keep = Manter
remove-go = Remover
removed-toast = Mensagem removida para todos
forward-title = Reencaminhar esta mensagem
forward-search = Procurar conversas e pessoas
forward-to = Para onde
forward-none = Escolha primeiro uma conversa.
forward-most = No máximo { $count } de cada vez.
forward-go = { $count ->
    [0] Reencaminhar
    [one] Reencaminhar para uma conversa
   *[other] Reencaminhar para { $count } conversas
}
forwarded-toast = A caminho.
mute-title = Silenciar { $name }?
mute-text = As novas mensagens chegam sem som. Continuam a ser contadas, e o som toca quando alguém refere o seu nome.
mute-hour = Durante uma hora
mute-eight-hours = Durante oito horas
mute-week = Durante uma semana
mute-always = Até eu voltar a ligar
find-name = O nome exato
find-hint = Como a pessoa escreve, por exemplo bruno. Ninguém pode percorrer uma lista de nomes.
that-is-you = Esse é o seu próprio nome.
ask-waits = Já pediu. Pode escrever assim que { $name } aceitar.
ask-theirs = { $name } já pediu. Aceite e pode escrever.
ask-contact = { $name } está nos seus contactos.
ask-blocked = Bloqueou { $name }. Desbloqueie primeiro.
request-sent = Pedido enviado. Pode escrever assim que { $name } aceitar.
blocked-toast = { $name } está na lista de bloqueio.
removed-contact-toast = { $name } já não está nos seus contactos.
block-title = Bloquear { $name }?
block-text = Essa pessoa deixa de poder ligar, escrever ou ver se está aqui, e não recebe aviso.
remove-contact-title = Remover { $name } dos seus contactos?
remove-contact-text = Nenhum dos dois vê mais quando o outro está aqui. A conversa fica para ambos.

## Own status

status-online = Online
status-online-text = Segue o que faz: ausente quando não está ninguém aqui.
status-away = Ausente
status-busy = Não incomodar
status-busy-text = Sem sons nem avisos, em nenhum dispositivo. As chamadas tocam sem som.
quiet-ends = Termina
quiet-until = Até { $time }
quiet-hour = Daqui a uma hora
quiet-tomorrow = Amanhã de manhã
quiet-always = Quando eu mudar
status-invisible = Invisível
status-invisible-text = Para os outros está offline. Tudo funciona.
mood-hint = Uma linha curta sob o seu nome, para os seus contactos.

# Questions that stand above everything, and the form of the own status.

remove-title = Remover esta mensagem para todos?
remove-text = { $name } pode já ter lido; programas antigos guardam a cópia.
remove-keep = Manter
remove-go = Remover
removed-toast = Mensagem removida para todos
forward-title = Encaminhar esta mensagem
forward-search = Procurar conversas e pessoas
forward-to = Para onde
forward-none = Escolha uma conversa primeiro.
forward-most = No máximo { $count } de uma vez.
forward-go = { $count ->
    [0] Encaminhar
    [one] Encaminhar para uma conversa
   *[other] Encaminhar para { $count } conversas
}
forwarded-toast = A caminho.
mute-title = Silenciar { $name }?
mute-text = Novas mensagens chegam sem som. Elas continuam sendo contadas, e o som toca quando alguém cita você pelo nome.
mute-hour = Por uma hora
mute-eight-hours = Por oito horas
mute-week = Por uma semana
mute-always = Até eu reativar
find-name = O nome exato
find-hint = Como a pessoa escreve, por exemplo bruno. Ninguém pode percorrer uma lista de nomes.
that-is-you = Esse é o seu próprio nome.
ask-waits = Você já pediu. Dá para conversar assim que { $name } aceitar.
ask-theirs = { $name } já pediu. Aceite e dá para conversar.
ask-contact = { $name } está nos seus contatos.
ask-blocked = Você bloqueou { $name }. Desbloqueie primeiro.
request-sent = Pedido enviado. Dá para conversar assim que { $name } aceitar.
blocked-toast = { $name } está na lista de bloqueio.
removed-contact-toast = { $name } não está mais nos seus contatos.
block-title = Bloquear { $name }?
block-text = Essa pessoa não poderá ligar, escrever nem ver se você está aqui, e não recebe aviso.
remove-contact-title = Remover { $name } dos seus contatos?
remove-contact-text = Nenhum dos dois vê mais quando o outro está aqui. A conversa fica para ambos.

## Own status

status-online = Online
status-online-text = Segue o que você faz: ausente quando ninguém está aqui.
status-away = Ausente
status-busy = Não perturbe
status-busy-text = Sem sons nem avisos, em nenhum dispositivo. As chamadas tocam sem som.
quiet-ends = Termina
quiet-until = Até { $time }
quiet-hour = Depois de uma hora
quiet-tomorrow = Amanhã de manhã
quiet-always = Quando eu mudar
status-invisible = Invisível
status-invisible-text = Os outros veem você offline. Tudo funciona.
mood-hint = Uma linha curta sob o seu nome, para os seus contatos.

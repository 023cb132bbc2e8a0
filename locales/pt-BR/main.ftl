### Todas as palavras do cliente no navegador, menos as das chamadas (call.ftl).

-brand = Skein

## Everywhere

close = Fechar
undo = Desfazer
cancel = Cancelar
back = Voltar
try-again = Tentar de novo
try-now = Tentar agora
save = Salvar
copy = Copiar
copied = Copiado.
skip = Ir para a escrita
sections = Seções
chats = Conversas
calls = Chamadas
people = Pessoas
settings = Ajustes
new-count = { $count } novas

## Presence

presence-online = online
presence-away = ausente
presence-busy = não perturbe
presence-call = em chamada
presence-offline = offline
presence-invisible = invisível
presence-away-since = ausente desde { $time }
presence-last-seen = aqui pela última vez { $time }

## Front door

languages = Idiomas
sign-in = Entrar
server-silent = { $server } não responde. Se outras páginas abrem, avise quem cuida dele.
opening = Abrindo o { -brand }

recovery-remind = Você ainda não guardou um código de recuperação. Sem ele, uma senha esquecida não pode ser trocada.
recovery-remind-make = Criar um código novo
recovery-remind-later = Depois

ended-signed_out = Este dispositivo foi desconectado. Entre de novo para continuar.
ended-blocked = Esta conta está bloqueada neste servidor. Fale com quem cuida dele.
ended-not_signed_in = Seu acesso terminou. Entre de novo para continuar.

## Refusals of the server, by code

error-name_taken = Esse nome já existe. Tente outro.
error-display_invalid = Esse nome não pode ser mostrado. Escreva um com letras, não muito longo.
error-wrong_password = Nome e senha não combinam. Confira os dois ou use o código de recuperação.
error-not_signed_in = Seu acesso terminou. Entre de novo para continuar.
error-blocked_account = Esta conta está bloqueada neste servidor. Fale com quem cuida dele.
deleted-account = Conta excluída
error-too_many = Tentativas demais. Espere { $time } e tente de novo.
error-not_found = Não está mais aqui
error-conflict = Mudou nesse meio-tempo
error-too_large = É maior do que este servidor aceita
error-offline = O servidor não responde. Tente de novo daqui a pouco.
error-unavailable = O servidor não consegue fazer isso agora. Tente de novo daqui a pouco.
error-restarting = { error-unavailable }
error-too_slow = { error-unavailable }
error-foreign_origin = Esta página vem de outro lugar. Abra o endereço do próprio servidor.
error-use_https = Aqui as senhas iriam abertas. Abra a página com https.
error-bad_request = O servidor não entendeu. Carregue a página de novo.
error-other = Não deu certo. Tente de novo.

## Connection

offline-title = Você está sem conexão.
offline-text = As mensagens esperam aqui e saem sozinhas.
offline-retry = Nova tentativa em { $seconds } s
offline-trying = Tentando agora
offline-reason = Você está sem conexão. Volta a funcionar quando ela voltar.
connection-lost = A conexão caiu.
offline-start = Você está sem conexão.
offline-start-text = O Skein abre suas conversas assim que a rede voltar.
offline-start-messages = { $count ->
    [one] Uma mensagem espera neste dispositivo e sai sozinha.
   *[other] { $count } mensagens esperam neste dispositivo e saem sozinhas.
}
offline-start-drafts = { $count ->
    [one] Um rascunho está guardado.
   *[other] { $count } rascunhos estão guardados.
}

## First run

welcome-title = Boas-vindas, { $name }. Comece ouvindo sua voz.
welcome-text = Ligue para echo: ele cumprimenta, escuta por dez segundos e toca o que ouviu. Depois conta como foram o microfone, o som e a conexão.
welcome-small = Leva meio minuto. Ninguém mais ouve você.
call-echo = Ligar para echo
welcome-people = Depois traga suas pessoas
welcome-add-title = Adicione alguém que você conhece aqui
welcome-add-text = Pelo nome neste servidor, como { $name }.
welcome-own-title = Diga seu nome às pessoas
welcome-own-text = Elas adicionam você por { $name }.
welcome-own-copy = Copiar meu nome
welcome-mood-title = Conte como você está
welcome-mood-text = Uma linha curta sob o seu nome, para os seus contatos.
welcome-mood-go = Escrever uma linha
welcome-label = Boas-vindas

## Chats

no-chats = Nenhuma conversa ainda. Adicione alguém ou ligue para echo.
choose-chat = Escolha uma conversa para ler e responder.
more-chats = Mostrar conversas mais antigas
draft-prefix = Rascunho:
typing-short = digitando…
unread-count = { $count } não lidas
time-yesterday = Ontem
time-today-at = hoje, { $time }
time-yesterday-at = ontem, { $time }
time-day-at = { $day }, { $time }
day-today = Hoje
preview-missed = Chamada perdida
preview-missed-video = Chamada de vídeo perdida
preview-call = Chamada
preview-call-video = Chamada de vídeo
preview-removed = Mensagem removida
preview-contacts = Agora vocês são contatos
preview-files = { $count ->
    [one] Um arquivo
   *[other] { $count } arquivos
}
chat-with = Conversa com { $name }

## Conversation

call = Ligar
video-call = Chamada de vídeo
more-chat = Mais sobre esta conversa
messages = Mensagens
write-to = Escreva para { $name }
writing-to-yourself = Notas para si
send = Enviar
edited = editada
read = Lida
tick-waiting = aguardando conexão
tick-sending = enviando
tick-sent = no servidor
tick-delivered = entregue
you-at = Você, { $time }
person-at = { $name }, { $time }
is-typing = { $name } está digitando…
new-since = Novas desde { $time }
new-messages = Mensagens novas
jump-newest = Ir para a mais nova
jump-newest-count = { $count ->
    [one] Uma mensagem nova
   *[other] { $count } mensagens novas
}
show-all = Mostrar tudo
show-less = Mostrar menos
removed-by = { $name } removeu esta mensagem
removed-by-you = Você removeu esta mensagem
became-contacts = Agora vocês são contatos.
# Linhas de um grupo: o que mudou, e por quem.
line-created = { $name } criou o grupo “{ $title }”.
line-titled = { $name } deu ao grupo o nome “{ $title }”.
line-pictured = { $name } mudou a imagem do grupo.
line-unpictured = { $name } tirou a imagem do grupo.
line-ruled = { $name } mudou as regras do grupo.
line-disclosed = { $name } deixa quem chega ver o que foi dito antes.
line-undisclosed = { $name } não deixa mais quem chega ver o que foi dito antes.
line-joinable = { $name } deixa as pessoas entrarem por um link.
line-unjoinable = { $name } não deixa mais ninguém entrar por um link.
line-added = { $name } adicionou { $people }.
line-joined = { $name } entrou por um link.
line-left = { $name } saiu.
line-removed = { $name } removeu { $people }.
line-banned = { $name } baniu { $people }.
line-unbanned = { $name } permite que { $people } volte.
line-ranked = { $role ->
    [owner] { $name } passou a propriedade do grupo a { $people }.
    [admin] { $name } deu a { $people } o papel de administração.
   *[member] { $name } tirou de { $people } o papel que tinha.
}
line-inherited = O grupo agora pertence a { $people }.
group-gone = Você não está mais neste grupo. O que foi dito enquanto estava continua aqui.
group-listening = Neste grupo só escreve quem o administra.
new-group = Novo grupo
group-details = Detalhes do grupo
group-people = { $count ->
    [one] Uma pessoa
   *[other] { $count } pessoas
}
read-by = Lida por { $count }
read-by-who = Quem leu
file-save = Salvar
file-gone = não está mais disponível
attach = Enviar arquivos
attach-camera = Tirar uma foto
attach-pictures = Imagens e vídeos
attach-files = Arquivos
drop-here = Solte aqui para enviar a { $name }
drop-closed = Não dá para enviar nada aqui agora
drop-folders = Uma pasta não pode ser enviada. Compacte antes em um arquivo só.
file-unplayable = Seu navegador não reproduz isto. Salve para abrir em outro lugar.
quote-file = Um arquivo
not-sent = Não enviada: { $reason }.
remove-it = Remover
messages-failed = Estas mensagens não carregaram
messages-failed-text = O servidor não respondeu. As suas mensagens estão a salvo.
loading-messages = Abrindo suas mensagens
nothing-yet = Nada dito ainda. Escreva a primeira linha.
edit = Editar
copy-text = Copiar texto
remove-for-everyone = Remover para todos
more-message = Mais para esta mensagem
editing = Você está editando uma mensagem
editing-cancel = Deixar como estava
editing-save = Salvar a mudança
outbox-full = Já há mensagens demais esperando. Elas saem quando a conexão voltar.
not-contact-write = Dá para escrever assim que { $name } estiver nos seus contatos.
not-contact-ask = Pedir para adicionar
blocked-write = Você bloqueou { $name }.
unblock = Desbloquear
new-message-from = Mensagem nova de { $name }: { $text }
message-sent = Enviada
unknown-chat = Esta conversa não está aqui
unknown-chat-text = Talvez pertença a outra conta.

## Rich messages

reply = Responder
reply-cancel = Deixar de responder
replying = Respondendo a { $name }
quote-go = Ir para a mensagem:
quote-lost = Uma mensagem anterior
you = Você
forward = Encaminhar
forwarded-from = Encaminhada de { $name }
react = Reagir
react-more = Mais emojis
react-closed = Aqui você só pode retirar as suas reações.
reactions = Reações
reaction-by = { $count ->
    [one] Uma pessoa: { $names }
   *[other] { $count } pessoas: { $names }
}
reaction-more = { $count ->
    [one] mais uma pessoa
   *[other] mais { $count } pessoas
}
quick-thumbs = Polegar para cima
quick-heart = Coração
quick-joy = Chorando de rir
quick-wow = De queixo caído
quick-sad = Triste
quick-thanks = Mãos juntas
names-you = Menção a você
mention-all = todos
complete-people = Pessoas para mencionar
complete-emoji = Emojis pelo nome
complete-count = { $count ->
    [one] Uma sugestão. Enter aceita.
   *[other] { $count } sugestões. As setas escolhem, Enter aceita.
}
emoji = Emoji

## Encontrar

search = Buscar
search-chat = Buscar nesta conversa
message-gone = Essa mensagem não está mais aqui.
message-not-reached = O servidor não respondeu. Tente de novo daqui a pouco.
mentions-you = { $count ->
    [one] Uma mensagem cita você
   *[other] { $count } mensagens citam você
}
more-chat-with = Mais sobre a conversa com { $name }
pin = Fixar no topo
unpin = Desafixar
is-pinned = fixada
mute = Silenciar
unmute = Reativar o som
is-muted = silenciada
archive = Arquivar
unarchive = Tirar do arquivo
archived = Arquivadas
archived-count = Arquivadas ({ $count })
archived-toast = A conversa com { $name } foi arquivada.
unarchived-toast = A conversa com { $name } voltou à lista.

## People

add-contact = Adicionar contato
profile = Perfil
favourite = Adicionar aos favoritos
favourite-end = Remover dos favoritos
report = Denunciar
nothing-found = Nada encontrado para “{ $text }”.
accept = Aceitar
decline = Recusar
block = Bloquear
remove-contact = Remover dos contatos
write-person = Escrever para { $name }
more-person = Mais sobre { $name }
find = Procurar
unknown-name = Ninguém aqui se chama “{ $name }”. Confira a grafia.
greeting = Uma linha junto, se quiser
ask = Enviar pedido
accepted-toast = { $name } agora está nos seus contatos.
unblocked-toast = { $name } saiu da lista de bloqueio.
keep = Manter
sound-test = Teste de som

## Own status

your-status = Seu estado: { $status }
status-title = Como os outros veem você
mood = Recado

## Page

settings-devices = Dispositivos
saved = Salvo.
device-signed-out = Acesso encerrado: { $device }.
new-device = Novo acesso em { $device }, { $time }.
new-device-text = Se não foi você, saia dele e troque a senha.
new-device-mine = Fui eu
new-device-end = Sair dele
screen-failed = Esta página não carregou
screen-failed-text = O servidor não respondeu ou tem uma versão mais nova.
load-again = Carregar de novo
part-failed = Isto não carregou
part-failed-text = O servidor não respondeu ou tem uma versão mais nova. Se falhar de novo, recarregue a página.
title-unread = ({ $count }) { -brand }
brand = { -brand }
app-description = Chamadas que encontram o caminho. Voz, vídeo e conversa no seu próprio servidor.
notices = Para saber
updated = O servidor tem um Skein mais novo. Esta página segue com o dela até você recarregar; o que você digitou fica guardado.
updated-load = Carregar o novo
updated-later = Mais tarde
updated-call = Há uma chamada aqui. Carregue depois dela.
notify-offer = Alguém escreveu enquanto você olhava para outro lugar. Da próxima vez, o sistema deve avisar?
notify-turn-on = Avisar
not-now = Agora não
notice-in = { $name } em { $chat }
notice-message = Nova mensagem
chat-notify = Notificações

too-long-by = { $count ->
    [one] Uma letra a mais.
   *[other] { $count } letras a mais.
}

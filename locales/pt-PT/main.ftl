### Todas as palavras do cliente no navegador, menos as das chamadas (call.ftl).

-brand = Skein

## Everywhere

close = Fechar
undo = Desfazer
cancel = Cancelar
back = Voltar
try-again = Tentar de novo
try-now = Tentar agora
save = Guardar
copy = Copiar
copied = Copiado.
skip = Ir para a escrita
sections = Secções
chats = Conversas
calls = Chamadas
people = Pessoas
settings = Definições
new-count = { $count } novas

## Presence

presence-online = online
presence-away = ausente
presence-busy = não incomodar
presence-call = em chamada
presence-offline = offline
presence-invisible = invisível
presence-away-since = ausente desde { $time }
presence-last-seen = esteve aqui { $time }

## Front door

languages = Idiomas
sign-in = Entrar
server-silent = { $server } não responde. Se outras páginas abrem, avise quem o gere.
opening = A abrir o { -brand }

recovery-remind = Ainda não guardou um código de recuperação. Sem ele, uma palavra-passe esquecida não pode ser substituída.
recovery-remind-make = Criar um código novo
recovery-remind-later = Mais tarde

ended-signed_out = A sessão deste dispositivo foi terminada. Entre de novo para continuar.
ended-blocked = Esta conta está bloqueada neste servidor. Fale com quem o gere.
ended-not_signed_in = A sua sessão terminou. Entre de novo para continuar.

## Refusals of the server, by code

error-name_taken = Esse nome já existe. Experimente outro.
error-display_invalid = Esse nome não pode ser mostrado. Escreva um com letras, não muito longo.
error-wrong_password = O nome e a palavra-passe não coincidem. Verifique ambos ou use o código de recuperação.
error-not_signed_in = A sua sessão terminou. Entre de novo para continuar.
error-blocked_account = Esta conta está bloqueada neste servidor. Fale com quem o gere.
deleted-account = Conta eliminada
error-too_many = Demasiadas tentativas. Aguarde { $time } e tente de novo.
error-not_found = Já não está aqui
error-conflict = Mudou entretanto
error-too_large = É maior do que este servidor aceita
error-offline = O servidor não responde. Tente de novo daqui a pouco.
error-unavailable = O servidor não consegue fazer isso agora. Tente de novo daqui a pouco.
error-restarting = { error-unavailable }
error-too_slow = { error-unavailable }
error-foreign_origin = Esta página vem de outro lado. Abra o endereço do próprio servidor.
error-use_https = Aqui as palavras-passe iriam abertas. Abra a página com https.
error-bad_request = O servidor não percebeu. Carregue a página de novo.
error-other = Não resultou. Tente de novo.

## Connection

offline-title = Está sem ligação.
offline-text = As mensagens esperam aqui e seguem sozinhas.
offline-retry = Nova tentativa em { $seconds } s
offline-trying = A tentar agora
offline-reason = Está sem ligação. Volta a funcionar quando a ligação voltar.
connection-lost = A ligação caiu.
offline-start = Está sem ligação.
offline-start-text = O Skein abre as suas conversas assim que a rede voltar.
offline-start-messages = { $count ->
    [one] Uma mensagem aguarda neste dispositivo e segue sozinha.
   *[other] { $count } mensagens aguardam neste dispositivo e seguem sozinhas.
}
offline-start-drafts = { $count ->
    [one] Um rascunho está guardado.
   *[other] { $count } rascunhos estão guardados.
}

## First run

welcome-title = Boas-vindas, { $name }. Comece por ouvir a sua voz.
welcome-text = Ligue ao echo: ele cumprimenta, ouve durante dez segundos e reproduz o que ouviu. Depois diz como estiveram o microfone, o som e a ligação.
welcome-small = Demora meio minuto. Mais ninguém ouve.
call-echo = Ligar ao echo
welcome-people = Depois traga a sua gente
welcome-add-title = Adicione alguém que conhece aqui
welcome-add-text = Pelo nome neste servidor, como { $name }.
welcome-own-title = Diga o seu nome às pessoas
welcome-own-text = É por { $name } que chegam até si.
welcome-own-copy = Copiar o meu nome
welcome-mood-title = Diga como está
welcome-mood-text = Uma linha curta sob o seu nome, para os seus contactos.
welcome-mood-go = Escrever uma linha
welcome-label = Boas-vindas

## Chats

no-chats = Ainda não há conversas. Adicione alguém ou ligue ao echo.
choose-chat = Escolha uma conversa para ler e responder.
more-chats = Mostrar conversas mais antigas
draft-prefix = Rascunho:
typing-short = a escrever…
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
preview-contacts = Já são contactos um do outro
preview-files = { $count ->
    [one] Um ficheiro
   *[other] { $count } ficheiros
}
chat-with = Conversa com { $name }

## Conversation

call = Ligar
video-call = Chamada de vídeo
more-chat = Mais sobre esta conversa
messages = Mensagens
write-to = Escrever a { $name }
writing-to-yourself = Notas para si
send = Enviar
edited = editada
read = Lida
tick-waiting = a aguardar ligação
tick-sending = a enviar
tick-sent = no servidor
tick-delivered = entregue
you-at = Eu, { $time }
person-at = { $name }, { $time }
is-typing = { $name } está a escrever…
new-since = Novas desde { $time }
new-messages = Mensagens novas
jump-newest = Ir para a mais recente
jump-newest-count = { $count ->
    [one] Uma mensagem nova
   *[other] { $count } mensagens novas
}
show-all = Mostrar tudo
show-less = Mostrar menos
removed-by = { $name } removeu esta mensagem
removed-by-you = Removeu esta mensagem
became-contacts = Já são contactos um do outro.
# Linhas de um grupo: o que mudou, e por quem.
line-created = { $name } criou o grupo «{ $title }».
line-titled = { $name } deu ao grupo o nome «{ $title }».
line-pictured = { $name } mudou a imagem do grupo.
line-unpictured = { $name } tirou a imagem do grupo.
line-ruled = { $name } alterou as regras do grupo.
line-disclosed = { $name } deixa quem chega ver o que foi dito antes.
line-undisclosed = { $name } já não deixa quem chega ver o que foi dito antes.
line-joinable = { $name } deixa as pessoas entrarem por uma ligação.
line-unjoinable = { $name } já não deixa ninguém entrar por uma ligação.
line-added = { $name } adicionou { $people }.
line-joined = { $name } entrou por uma ligação.
line-left = { $name } saiu.
line-removed = { $name } removeu { $people }.
line-banned = { $name } baniu { $people }.
line-unbanned = { $name } deixa { $people } voltar.
line-ranked = { $role ->
    [owner] { $name } passou a propriedade do grupo a { $people }.
    [admin] { $name } deu a { $people } o papel de administração.
   *[member] { $name } retirou a { $people } o papel que tinha.
}
line-inherited = O grupo pertence agora a { $people }.
group-gone = Já não está neste grupo. O que foi dito enquanto estava continua aqui.
group-listening = Neste grupo só escreve quem o administra.
new-group = Novo grupo
group-details = Detalhes do grupo
group-people = { $count ->
    [one] Uma pessoa
   *[other] { $count } pessoas
}
read-by = Lida por { $count }
read-by-who = Quem leu
file-save = Guardar
file-gone = já não está disponível
attach = Enviar ficheiros
attach-camera = Tirar uma fotografia
attach-pictures = Imagens e vídeos
attach-files = Ficheiros
drop-here = Largue aqui para enviar a { $name }
drop-closed = Não se pode enviar nada aqui agora
drop-folders = Uma pasta não pode ser enviada. Comprima-a primeiro num só ficheiro.
file-unplayable = O seu navegador não reproduz isto. Guarde para abrir noutro sítio.
quote-file = Um ficheiro
not-sent = Não enviada: { $reason }.
remove-it = Remover
messages-failed = Estas mensagens não carregaram
messages-failed-text = O servidor não respondeu. As suas mensagens estão a salvo.
loading-messages = A abrir as suas mensagens
nothing-yet = Ainda nada foi dito. Escreva a primeira linha.
edit = Editar
copy-text = Copiar texto
remove-for-everyone = Remover para todos
more-message = Mais para esta mensagem
editing = Está a editar uma mensagem
editing-cancel = Deixar como estava
editing-save = Guardar a alteração
outbox-full = Já há demasiadas mensagens à espera. Seguem quando a ligação voltar.
not-contact-write = Pode escrever assim que { $name } estiver nos seus contactos.
not-contact-ask = Pedir para adicionar
blocked-write = Bloqueou { $name }.
unblock = Desbloquear
new-message-from = Mensagem nova de { $name }: { $text }
message-sent = Enviada
unknown-chat = Esta conversa não está aqui
unknown-chat-text = Talvez pertença a outra conta.

## Rich messages

reply = Responder
reply-cancel = Deixar de responder
replying = A responder a { $name }
quote-go = Ir para a mensagem:
quote-lost = Uma mensagem anterior
you = Eu
forward = Reencaminhar
forwarded-from = Reencaminhada de { $name }
react = Reagir
react-more = Mais emojis
react-closed = Aqui só pode retirar as suas reações.
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
quick-joy = A chorar a rir
quick-wow = De boca aberta
quick-sad = Triste
quick-thanks = Mãos juntas
names-you = Menção a si
mention-all = todos
complete-people = Pessoas a mencionar
complete-emoji = Emojis pelo nome
complete-count = { $count ->
    [one] Uma sugestão. Enter aceita-a.
   *[other] { $count } sugestões. As setas escolhem, Enter aceita.
}
emoji = Emoji

## Encontrar

search = Procurar
search-chat = Procurar nesta conversa
message-gone = Essa mensagem já não está aqui.
message-not-reached = O servidor não respondeu. Tente de novo daqui a pouco.
mentions-you = { $count ->
    [one] Uma mensagem refere o seu nome
   *[other] { $count } mensagens referem o seu nome
}
more-chat-with = Mais sobre a conversa com { $name }
pin = Fixar no topo
unpin = Deixar de fixar
is-pinned = fixada
mute = Silenciar
unmute = Voltar a ligar o som
is-muted = silenciada
archive = Arquivar
unarchive = Tirar do arquivo
archived = Arquivadas
archived-count = Arquivadas ({ $count })
archived-toast = A conversa com { $name } foi arquivada.
unarchived-toast = A conversa com { $name } voltou à lista.

## People

add-contact = Adicionar contacto
profile = Perfil
favourite = Adicionar aos favoritos
favourite-end = Remover dos favoritos
report = Denunciar
nothing-found = Nada encontrado para “{ $text }”.
accept = Aceitar
decline = Recusar
block = Bloquear
remove-contact = Remover dos contactos
write-person = Escrever a { $name }
more-person = Mais sobre { $name }
find = Procurar
unknown-name = Ninguém aqui se chama “{ $name }”. Verifique a grafia.
greeting = Uma linha a acompanhar, se quiser
ask = Enviar pedido
accepted-toast = { $name } já está nos seus contactos.
unblocked-toast = { $name } saiu da lista de bloqueio.
keep = Manter
sound-test = Teste de som

## Own status

your-status = O seu estado: { $status }
status-title = Como os outros me veem
mood = Frase

## Page

settings-devices = Dispositivos
saved = Guardado.
device-signed-out = Sessão terminada: { $device }.
new-device = Novo acesso em { $device }, { $time }.
new-device-text = Se não foi da sua parte, termine-o e mude a palavra-passe.
new-device-mine = Foi da minha parte
new-device-end = Terminá-lo
screen-failed = Esta página não carregou
screen-failed-text = O servidor não respondeu ou tem uma versão mais recente.
load-again = Carregar de novo
part-failed = Isto não carregou
part-failed-text = O servidor não respondeu ou tem uma versão mais recente. Se falhar de novo, recarregue a página.
title-unread = ({ $count }) { -brand }
brand = { -brand }
app-description = Chamadas que encontram o caminho. Voz, vídeo e conversa no seu próprio servidor.
notices = A saber
updated = O servidor tem um Skein mais recente. Esta página continua com o seu até ser carregada de novo; o que foi escrito fica guardado.
updated-load = Carregar o novo
updated-later = Mais tarde
updated-call = Há uma chamada aqui. Carregue depois dela.
notify-offer = Alguém escreveu enquanto olhava para outro lado. Da próxima vez, o sistema deve avisar?
notify-turn-on = Avisar
not-now = Agora não
notice-in = { $name } em { $chat }
notice-message = Nova mensagem
chat-notify = Notificações

too-long-by = { $count ->
    [one] Uma letra a mais.
   *[other] { $count } letras a mais.
}

### Palavras das chamadas. O resto está em main.ftl.

## Everywhere

call-voice = Chamada de voz
call-video = Chamada de vídeo
call-voice-with = Chamada de voz com { $name }
call-video-with = Chamada de vídeo com { $name }
call-hours = { $hours } h { $minutes } min
call-minutes = { $minutes } min { $seconds } s
call-seconds = { $seconds } s
call-ms = { $value } ms
call-dbfs = { $value } dBFS
call-unknown = desconhecido
call-you = Você
call-sealed-server = Selada até este servidor
call-way-direct = Direto
call-way-relay = Pelo servidor
call-way-server = Até o servidor
call-way-preparing = Preparando o caminho
call-way-searching = Procurando outro caminho
call-this-device = Este dispositivo

## Devices

call-device-camera = Câmera
call-device-microphone = Microfone
call-device-speaker = Alto-falantes
call-device-default = Como está no sistema
call-device-number = { $kind } { $number }
call-level = Nível do microfone
call-level-off = O microfone ainda não está aberto.
call-level-waiting = Diga algo: as barras acompanham sua voz.
call-level-hears = Ouvimos bem.
call-level-nothing = Não ouvimos nada deste microfone. Fale ou escolha outro.
call-test-sound = Tocar um som de teste
call-test-sound-refused = O navegador não tocou o som. Clique em qualquer lugar da página e tente de novo.
call-test-microphone = Testar o microfone
call-test-camera = Mostrar a câmera
call-own-picture = Sua própria imagem
call-own-picture-moves = Sua própria imagem. As setas a movem para outro canto.
call-picture-of = Imagem de { $name }
call-problem-microphone-blocked = O navegador bloqueia o microfone aqui. Abra o cadeado ao lado do endereço, permita e tente de novo.
call-problem-microphone-none = Nenhum microfone encontrado. Conecte um ou entre na chamada só para ouvir.
call-problem-microphone-busy = Outro programa usa o microfone. Feche-o e tente de novo.
call-problem-microphone-insecure = Navegadores só dão o microfone a páginas que vêm por HTTPS. Abra este servidor pelo endereço https.
call-problem-camera-blocked = O navegador bloqueia a câmera aqui. Abra o cadeado ao lado do endereço, permita e tente de novo.
call-problem-camera-none = Nenhuma câmera encontrada. Conecte uma ou ligue sem vídeo.
call-problem-camera-busy = Outro programa usa a câmera. Feche-o ou ligue sem vídeo.
call-problem-camera-insecure = Navegadores só dão a câmera a páginas que vêm por HTTPS. Abra este servidor pelo endereço https.

## Before the call

call-before-voice = Chamada de voz com { $name }
call-before-video = Chamada de vídeo com { $name }
call-before-answer = { $name } está ligando
call-before-back = Voltar sem chamada
call-before-look = Como você aparece
call-before-devices = Aparelhos
call-before-mirror = Só você vê isto. Aqui a imagem é espelhada; para { $name }, não.
call-microphone-on = Microfone ligado
call-microphone-off = Microfone desligado
call-camera-on = Câmera ligada
call-camera-off = Câmera desligada
call-start-video = Começar com vídeo
call-start-voice = Começar só com voz
call-start-voice-instead = Começar só com voz
call-start-listen = Começar só para ouvir
call-answer-listen = Atender só para ouvir

## It rings

call-getting-ready = Preparando
call-calling = Ligando
call-ringing = { $devices ->
    [one] Tocando em { $devices } dispositivo
   *[other] Tocando em { $devices } dispositivos
}
call-incoming = { $name } está ligando
call-title-ringing = ☎ { $name } está ligando
call-answer = Atender
call-answer-video = Atender com vídeo
call-voice-only = Só com voz
call-decline = Recusar
call-reply = Recusar com mensagem
call-silence = Silenciar e continuar tocando
call-silenced = Agora toca sem som.
call-key-answers = atende
call-key-declines = recusa
call-answered-elsewhere = Atendida em outro dispositivo
call-declined-elsewhere = Recusada em outro dispositivo
call-hold-and-answer = Pôr em espera e atender
call-decline-title = Recusar e avisar { $name }
call-decline-later = Já ligo de volta.
call-decline-write = Não posso falar agora. Escreva para mim.
call-decline-minute = Estou a caminho. Dois minutos.
call-decline-own = Com suas palavras
call-decline-send = Enviar
call-decline-failed = A chamada foi recusada, mas a mensagem não saiu. Tente de novo.
call-other-ended = A outra chamada terminou
call-back-rings = Voltar às conversas, continua chamando

## In a call

call-controls = Controles da chamada
call-microphone = Microfone
call-camera = Câmera
call-chat = Conversa
call-cancel = Cancelar
call-hang-up = Desligar
call-back-on = Voltar às conversas, a chamada continua
call-back-to-call = Voltar à chamada
call-goes-on = Chamada em andamento
call-time = Tempo de chamada
call-connecting = Conectando
call-missing-devices = Aguardando o microfone. O navegador pode estar perguntando se ele pode ser usado aqui.
call-missing-server = O servidor ainda não respondeu.
call-missing-addresses = { $name } atendeu, mas ainda não disse onde pode ser alcançado.
call-missing-path = Os dois lados tentam todos os caminhos entre si, também pelo servidor. Nenhum funciona ainda.
call-missing-seal = Um caminho foi encontrado. Os dois lados estão combinando as chaves.
call-missing-sound = Vocês estão conectados, mas ainda não chegou nenhum som de { $name }.
call-no-addresses = { $name } atendeu, mas não disse onde pode ser alcançado. Tente de novo.
call-no-device = O navegador não liberou o microfone em um minuto. Responda à pergunta dele e ligue de novo.
call-connected = Em chamada
call-speaking = Falando
call-muted = Seu microfone está mudo. Aperte M para falar.
call-their-microphone-off = { $name } está com o microfone desligado
call-tap-to-hear = Toque para ouvir
call-screen = Tela
call-screen-of = Tela de { $name }
call-screen-blocked = O sistema não deixa o navegador ver a tela. Permita a gravação de tela nos ajustes do sistema.
call-sharing = Você está mostrando sua tela
call-sharing-stop = Parar
call-more = Mais
call-hold = Pôr em espera
call-resume = Continuar
call-other = A outra chamada
call-on-hold = { $name } está em espera
call-swap = Trocar
call-hang-up-other = Desligar
call-held-by-you = Em espera. { $name } não ouve nem vê nada.
call-held-by-them = { $name } pôs você em espera. Nada seu é enviado.
call-their-microphone-gone = { $name } está sem microfone
call-nobody-hears = Ninguém ouve você: não há microfone. Conecte um, e a chamada continua com ele.
call-news-microphone-gone = Seu microfone saiu. Em uso agora: { $device }
call-news-microphone-back = Microfone de novo em uso: { $device }
call-news-microphone-changed = O sistema passou a outro microfone: { $device }
call-news-camera-gone = Sua câmera saiu. Em uso agora: { $device }
call-news-camera-back = Câmera de novo em uso: { $device }
call-news-camera-changed = O sistema passou a outra câmera: { $device }
call-news-speaker-gone = Seus alto-falantes saíram. O som sai por: { $device }
call-news-speaker-back = Alto-falantes de novo em uso: { $device }
call-pip = Imagem flutuante
call-quality = Qualidade da chamada
call-quality-heard = De { $name } até você
call-quality-sent = De você até { $name }
call-quality-unknown = Ainda não se sabe
call-cause-lost = Pacotes se perdem no caminho.
call-cause-concealed = Pacotes chegam tarde demais para tocar.
call-cause-rtt = O caminho é longo: as falas se atropelam.
call-cause-jitter = Os pacotes chegam de forma irregular.
call-quality-good = Boa
call-quality-gaps = Algumas falhas
call-quality-hard = Difícil de ouvir
call-lost-ours = Sua rede mudou. Procurando outro caminho há { $seconds } s.
call-lost-theirs = A conexão de { $name } caiu. Aguardando.
call-lost-hint = Não precisa desligar. A chamada termina sozinha após 30 s sem caminho.
call-back-after = De volta após { NUMBER($seconds, maximumFractionDigits: 1) } s
call-lost-away = { $name } saiu por um momento. Aguardando, restam { $seconds } s.
call-lost-away-spoken = { $name } saiu por um momento. Aguardando.
call-lost-away-hint = A página de { $name } foi fechada ou recarregada, ou perdeu a conexão. A chamada continua quando ela voltar.
call-moved = A chamada continua no seu outro dispositivo
call-return-title = Você estava em uma chamada com { $name }
call-return-waits = O outro lado espera mais { $seconds } s.
call-return = Voltar à chamada
call-return-leave = Encerrar a chamada
call-elsewhere-title = Você está em uma chamada com { $name }, em outra aba ou em outro dispositivo
call-elsewhere-take = Trazer a chamada para cá
call-echo-greeting = echo está cumprimentando
call-echo-speak = Fale agora, { $seconds } s
call-echo-speak-now = Fale agora
call-echo-listening = Fale agora
call-echo-playing = Foi isto que chegou
call-echo-done = Isso foi tudo. O resultado está na conversa.

## It is over

call-ended-voice = Chamada de voz encerrada
call-ended-video = Chamada de vídeo encerrada
call-verdict-good = Som bom
call-verdict-gaps = Algumas falhas
call-verdict-hard = Difícil de ouvir
call-not-answered = { $name } não atendeu. Deixar uma mensagem?
call-no-path = Sem caminho até { $name }. Tente de novo ou tente outra rede.
call-no-seal = Os dois lados não conseguiram selar a chamada, então ela não começou. Tente de novo.
call-lost-talking = A conexão com { $name } se perdeu por mais de 30 s.
call-lost-before = A chamada com { $name } caiu antes de começar. Tente de novo.
call-back-to-chat = Voltar à conversa
call-write-message = Escrever uma mensagem
call-again = Ligar de novo
call-inspect = Inspecionar
call-inspect-this = Inspecionar esta chamada
call-trend-good = Qualidade ao longo da chamada: boa do início ao fim
call-trend-dip = Qualidade ao longo da chamada: pior momento após { $time }

## Calls of the past

call-list-loading = As chamadas estão a caminho
call-list-failed = As chamadas não carregaram.
call-list-empty = Nenhuma chamada ainda
call-list-empty-text = Ligue para echo: você se ouve e descobre como seu som chega.
call-list-more = Chamadas mais antigas
call-list-choose = Escolha uma chamada
call-list-choose-text = Ela se explica: quem disse o quê a quem, quando, e como soou.
call-past-open = Acontecendo agora
call-past-out = Você ligou · { $time }
call-past-in = Ligou para você · { $time }
call-past-lost-out = Você ligou · caiu após { $time }
call-past-lost-in = Ligou para você · caiu após { $time }
call-past-failed = Sem caminho
call-past-not-answered = Não atendida
call-past-cancelled = Cancelada
call-past-declined = Recusada
call-past-missed = Perdida
call-past-missed-busy = Perdida, durante outra chamada

## The page of a call

call-page-title = Chamada com { $name }
call-page-loading = A chamada está a caminho
call-page-failed = Esta chamada não carregou ou não está mais guardada.
call-back-voice = Ligar de volta
call-back-video = Ligar de volta com vídeo
call-no-report-theirs = O outro lado não enviou relatório.
call-no-report-own = Este lado não enviou relatório.
call-sequence = O que aconteceu, em ordem
call-sequence-rows = Passos da chamada
call-sequence-empty = Nada ficou desta chamada além da linha no histórico.
call-sequence-note = Os tempos são segundos pelo relógio do servidor desde o primeiro passo. Os de cada lado podem variar o que está sob o nome.
call-lane-server = Servidor
call-lane-relay = Relé
call-lane-clock = marca o tempo
call-lane-passes = repassa a mídia
call-lane-no-report = sem relatório
call-clock-error = ± { $value }
call-seq-invite = Convite (oferta)
call-seq-ring = Toque
call-seq-ringing = Tocando
call-seq-accept = Aceite (resposta)
call-seq-signals = Sinais
call-seq-decline = Recusa
call-seq-connected = Conectado
call-seq-first_check = Primeira verificação
call-seq-valid_pair = Par válido
call-seq-sealed = DTLS, selado
call-seq-first_audio = Primeiro áudio
call-seq-first_video = Primeiro vídeo
call-seq-path_changed = Caminho mudou
call-seq-hold = Espera
call-seq-resume = Retomada
call-seq-screen = Tela mostrada
call-seq-screen_end = Fim da tela
call-seq-leave = Saída
call-seq-end = Fim
call-seq-report = Relatório
call-seq-other = Passo
call-seq-times = { $what } × { $count }
call-seq-gap = { $what }: desconhecido
call-seq-say-gap = { $what }, em { $at }
call-seq-say-point = { $time } s: { $what }, em { $at }
call-seq-say-arrow = { $time } s: { $what }, de { $from } para { $to }
call-figures = Números do som
call-fact-lasted = Durou
call-fact-path = Caminho
call-fact-rtt = Ida e volta
call-fact-lost = Perdido
call-fact-jitter = Jitter
call-fact-concealed = Preenchido
call-fact-recovered = Pacotes recuperados
call-fact-sent = Pacotes enviados
call-fact-received = Pacotes recebidos
call-fact-level = Nível que chegou
call-fact-codec = Codec
call-fact-frames = Quadros de vídeo
call-fact-video-codec = Codec do vídeo
call-fact-clock = Relógio
call-fact-ended = Terminou por
call-fact-agent = Programa
call-pairs = Pares tentados
call-pairs-seen = Como { $name } os viu
call-pairs-own = Como este lado os viu
call-pairs-none = Nenhum foi relatado.
call-pairs-all = Mostrar todos os pares
call-pairs-few = Mostrar menos pares
call-pair-state = Estado
call-pair-used = usado
call-pair-local = Deste lado
call-pair-remote = Do outro lado
call-pair-checks = Verificações
call-address-hidden = oculto pelo navegador

## The sound test

call-test-title = Teste de som
call-test-level = Nível
call-advice-good = Seu som chega claro e com bom volume. Nada precisa mudar.
call-advice-quiet = Seu microfone está um pouco baixo: chegue mais perto ou aumente nos Ajustes.
call-advice-silent = Não ouvimos nada do seu microfone: escolha outro nos Ajustes ou veja se está mudo.
call-advice-clipped = Seu microfone está alto demais e distorce: afaste-se ou diminua o volume dele.
call-advice-noisy = Há barulho ao seu redor, e ele se ouve junto com sua voz. Feche uma janela ou use um fone com microfone.
call-advice-lossy = Partes do seu som se perderam no caminho: chegue mais perto do roteador ou use um cabo.
call-advice-jittery = Seu som chegou irregular: pause downloads grandes ou use um cabo.
call-advice-slow = Seu som demora a chegar: as pessoas vão falar ao mesmo tempo. Tente outra rede.
call-card-unknown = Este cartão precisa de uma página mais nova. Recarregue a página.

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
call-you = Este lado
call-sealed-server = Selada até este servidor
call-way-direct = Direto
call-way-relay = Pelo servidor
call-way-server = Até ao servidor
call-way-preparing = A preparar o caminho
call-way-searching = À procura de outro caminho
call-this-device = Este dispositivo

## Devices

call-device-camera = Câmara
call-device-microphone = Microfone
call-device-speaker = Altifalantes
call-device-default = Como está no sistema
call-device-number = { $kind } { $number }
call-level = Nível do microfone
call-level-off = O microfone ainda não está aberto.
call-level-waiting = Diga algo: as barras acompanham a sua voz.
call-level-hears = Ouvimos bem.
call-level-nothing = Não ouvimos nada deste microfone. Fale ou escolha outro.
call-test-sound = Reproduzir um som de teste
call-test-sound-refused = O navegador não reproduziu o som. Clique em qualquer ponto da página e tente de novo.
call-test-microphone = Testar o microfone
call-test-camera = Mostrar a câmara
call-own-picture = A sua própria imagem
call-own-picture-moves = A sua própria imagem. As setas movem-na para outro canto.
call-picture-of = Imagem de { $name }
call-problem-microphone-blocked = O navegador bloqueia o microfone aqui. Abra o cadeado junto ao endereço, permita-o e tente de novo.
call-problem-microphone-none = Nenhum microfone encontrado. Ligue um ou entre na chamada só para ouvir.
call-problem-microphone-busy = Outro programa usa o microfone. Feche-o e tente de novo.
call-problem-microphone-insecure = Os navegadores só dão o microfone a páginas que chegam por HTTPS. Abra este servidor pelo endereço https.
call-problem-camera-blocked = O navegador bloqueia a câmara aqui. Abra o cadeado junto ao endereço, permita-a e tente de novo.
call-problem-camera-none = Nenhuma câmara encontrada. Ligue uma ou faça a chamada sem vídeo.
call-problem-camera-busy = Outro programa usa a câmara. Feche-o ou ligue sem vídeo.
call-problem-camera-insecure = Os navegadores só dão a câmara a páginas que chegam por HTTPS. Abra este servidor pelo endereço https.

## Before the call

call-before-voice = Chamada de voz com { $name }
call-before-video = Chamada de vídeo com { $name }
call-before-answer = { $name } está a ligar
call-before-back = Voltar sem chamada
call-before-look = Como aparece
call-before-devices = Aparelhos
call-before-mirror = Só deste lado se vê isto. Aqui a imagem está espelhada; para { $name }, não.
call-microphone-on = Microfone ligado
call-microphone-off = Microfone desligado
call-camera-on = Câmara ligada
call-camera-off = Câmara desligada
call-start-video = Começar com vídeo
call-start-voice = Começar só com voz
call-start-voice-instead = Começar só com voz
call-start-listen = Começar só para ouvir
call-answer-listen = Atender só para ouvir

## It rings

call-getting-ready = A preparar
call-calling = A ligar
call-ringing = { $devices ->
    [one] A tocar em { $devices } dispositivo
   *[other] A tocar em { $devices } dispositivos
}
call-incoming = { $name } está a ligar
call-title-ringing = ☎ { $name } está a ligar
call-answer = Atender
call-answer-video = Atender com vídeo
call-voice-only = Só com voz
call-decline = Recusar
call-reply = Recusar com mensagem
call-silence = Silenciar e continuar a tocar
call-silenced = Agora toca sem som.
call-key-answers = atende
call-key-declines = recusa
call-answered-elsewhere = Atendida noutro dispositivo
call-declined-elsewhere = Recusada noutro dispositivo
call-hold-and-answer = Pôr em espera e atender
call-decline-title = Recusar e avisar { $name }
call-decline-later = Já volto a ligar.
call-decline-write = Não posso falar agora. Escreva-me.
call-decline-minute = Estou a caminho. Dois minutos.
call-decline-own = Por palavras próprias
call-decline-send = Enviar
call-decline-failed = A chamada foi recusada, mas a mensagem não seguiu. Tente de novo.
call-other-ended = A outra chamada terminou
call-back-rings = Voltar às conversas, continua a chamar

## In a call

call-controls = Controlos da chamada
call-microphone = Microfone
call-camera = Câmara
call-chat = Conversa
call-cancel = Cancelar
call-hang-up = Desligar
call-back-on = Voltar às conversas, a chamada continua
call-back-to-call = Voltar à chamada
call-goes-on = Chamada em curso
call-time = Tempo de chamada
call-connecting = A ligar os dois lados
call-missing-devices = À espera do microfone. O navegador pode estar a perguntar se pode ser usado aqui.
call-missing-server = O servidor ainda não respondeu.
call-missing-addresses = { $name } atendeu, mas ainda não disse onde pode ser contactado.
call-missing-path = Os dois lados tentam todos os caminhos entre si, também pelo servidor. Nenhum funciona ainda.
call-missing-seal = Foi encontrado um caminho. Os dois lados estão a combinar as chaves.
call-missing-sound = Estão ligados, mas ainda não chegou nenhum som de { $name }.
call-no-addresses = { $name } atendeu, mas não disse onde pode ser contactado. Tente de novo.
call-no-device = O navegador não deu o microfone num minuto. Responda à pergunta dele e ligue de novo.
call-connected = Em chamada
call-speaking = A falar
call-muted = O seu microfone está desligado. Prima M para falar.
call-their-microphone-off = { $name } tem o microfone desligado
call-tap-to-hear = Toque para ouvir
call-screen = Ecrã
call-screen-of = Ecrã de { $name }
call-screen-blocked = O sistema não deixa o navegador ver o ecrã. Permita a gravação de ecrã nas definições do sistema.
call-sharing = Está a mostrar o seu ecrã
call-sharing-stop = Parar
call-more = Mais
call-hold = Pôr em espera
call-resume = Continuar
call-other = A outra chamada
call-on-hold = { $name } está em espera
call-swap = Trocar
call-hang-up-other = Desligar
call-held-by-you = Em espera. { $name } não ouve nem vê nada.
call-held-by-them = { $name } pôs a chamada em espera. Nada seu é enviado.
call-their-microphone-gone = { $name } está sem microfone
call-nobody-hears = Ninguém ouve a sua voz: não há microfone. Ligue um, e a chamada continua com ele.
call-news-microphone-gone = O seu microfone saiu. Em uso agora: { $device }
call-news-microphone-back = Microfone de novo em uso: { $device }
call-news-microphone-changed = O sistema passou a outro microfone: { $device }
call-news-camera-gone = A sua câmara saiu. Em uso agora: { $device }
call-news-camera-back = Câmara de novo em uso: { $device }
call-news-camera-changed = O sistema passou a outra câmara: { $device }
call-news-speaker-gone = Os seus altifalantes saíram. O som sai por: { $device }
call-news-speaker-back = Altifalantes de novo em uso: { $device }
call-pip = Imagem flutuante
call-quality = Qualidade da chamada
call-quality-heard = De { $name } até si
call-quality-sent = De si até { $name }
call-quality-unknown = Ainda não se sabe
call-cause-lost = Perdem-se pacotes pelo caminho.
call-cause-concealed = Os pacotes chegam tarde demais para tocar.
call-cause-rtt = O caminho é longo: as falas atropelam-se.
call-cause-jitter = Os pacotes chegam de forma irregular.
call-quality-good = Boa
call-quality-gaps = Algumas falhas
call-quality-hard = Difícil de ouvir
call-lost-ours = A sua rede mudou. À procura de outro caminho há { $seconds } s.
call-lost-theirs = A ligação de { $name } caiu. A aguardar.
call-lost-hint = Não precisa de desligar. A chamada termina sozinha após 30 s sem caminho.
call-back-after = De volta após { NUMBER($seconds, maximumFractionDigits: 1) } s
call-lost-away = { $name } saiu por um momento. A aguardar, faltam { $seconds } s.
call-lost-away-spoken = { $name } saiu por um momento. A aguardar.
call-lost-away-hint = A página de { $name } foi fechada ou recarregada, ou perdeu a ligação. A chamada continua quando voltar.
call-moved = A chamada continua no seu outro dispositivo
call-return-title = Estava numa chamada com { $name }
call-return-waits = O outro lado espera mais { $seconds } s.
call-return = Voltar à chamada
call-return-leave = Terminar a chamada
call-elsewhere-title = Está numa chamada com { $name }, noutro separador ou noutro dispositivo
call-elsewhere-take = Trazer a chamada para aqui
call-echo-greeting = O echo está a cumprimentar
call-echo-speak = Fale agora, { $seconds } s
call-echo-speak-now = Fale agora
call-echo-listening = Fale agora
call-echo-playing = Foi isto que chegou
call-echo-done = Foi tudo. O resultado está na conversa.

## It is over

call-ended-voice = Chamada de voz terminada
call-ended-video = Chamada de vídeo terminada
call-verdict-good = Bom som
call-verdict-gaps = Algumas falhas
call-verdict-hard = Difícil de ouvir
call-not-answered = { $name } não atendeu. Deixar uma mensagem?
call-no-path = Sem caminho até { $name }. Tente de novo ou experimente outra rede.
call-no-seal = Os dois lados não conseguiram selar a chamada, por isso não começou. Tente de novo.
call-lost-talking = A ligação a { $name } perdeu-se durante mais de 30 s.
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
call-list-failed = As chamadas não foram carregadas.
call-list-empty = Ainda não há chamadas
call-list-empty-text = Ligue ao echo: ouve-se a si e fica a saber como chega o seu som.
call-list-more = Chamadas mais antigas
call-list-choose = Escolha uma chamada
call-list-choose-text = Explica-se a si mesma: quem disse o quê a quem, quando, e como soou.
call-past-open = A decorrer agora
call-past-out = Chamada feita · { $time }
call-past-in = Chamada recebida · { $time }
call-past-lost-out = Chamada feita · caiu após { $time }
call-past-lost-in = Chamada recebida · caiu após { $time }
call-past-failed = Sem caminho
call-past-not-answered = Não atendida
call-past-cancelled = Cancelada
call-past-declined = Recusada
call-past-missed = Não atendida
call-past-missed-busy = Não atendida, durante outra chamada

## The page of a call

call-page-title = Chamada com { $name }
call-page-loading = A chamada está a caminho
call-page-failed = Esta chamada não foi carregada ou já não está guardada.
call-back-voice = Ligar de volta
call-back-video = Ligar de volta com vídeo
call-no-report-theirs = O outro lado não enviou relatório.
call-no-report-own = Este lado não enviou relatório.
call-sequence = O que aconteceu, por ordem
call-sequence-rows = Passos da chamada
call-sequence-empty = Nada ficou desta chamada além da linha no histórico.
call-sequence-note = Os tempos são segundos pelo relógio do servidor desde o primeiro passo. Os de cada lado podem variar o que está sob o nome.
call-lane-server = Servidor
call-lane-relay = Relé
call-lane-clock = marca o tempo
call-lane-passes = encaminha o som e a imagem
call-lane-no-report = sem relatório
call-clock-error = ± { $value }
call-seq-invite = Convite (oferta)
call-seq-ring = Toque
call-seq-ringing = A tocar
call-seq-accept = Aceitação (resposta)
call-seq-signals = Sinais
call-seq-decline = Recusa
call-seq-connected = Ligado
call-seq-first_check = Primeira verificação
call-seq-valid_pair = Par válido
call-seq-sealed = DTLS, selado
call-seq-first_audio = Primeiro áudio
call-seq-first_video = Primeiro vídeo
call-seq-path_changed = O caminho mudou
call-seq-hold = Espera
call-seq-resume = Retoma
call-seq-screen = Ecrã mostrado
call-seq-screen_end = Fim do ecrã
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
call-fact-frames = Fotogramas de vídeo
call-fact-video-codec = Codec do vídeo
call-fact-clock = Relógio
call-fact-ended = Terminou por
call-fact-agent = Programa
call-pairs = Pares tentados
call-pairs-seen = Como { $name } os viu
call-pairs-own = Como este lado os viu
call-pairs-none = Nenhum foi comunicado.
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
call-advice-good = O seu som chega claro e com bom volume. Nada precisa de mudar.
call-advice-quiet = O seu microfone está um pouco baixo: aproxime-se ou aumente-o nas Definições.
call-advice-silent = Não ouvimos nada do seu microfone: escolha outro nas Definições ou veja se está sem som.
call-advice-clipped = O seu microfone está demasiado alto e distorce: afaste-se ou baixe-o.
call-advice-noisy = Há ruído à sua volta, e ouve-se com a sua voz. Feche uma janela ou use auscultadores com microfone.
call-advice-lossy = Partes do seu som perderam-se no caminho: aproxime-se do router ou use um cabo.
call-advice-jittery = O seu som chegou irregular: interrompa transferências grandes ou use um cabo.
call-advice-slow = O seu som demora a chegar: as pessoas vão falar ao mesmo tempo. Experimente outra rede.
call-card-unknown = Este cartão precisa de uma página mais recente. Carregue a página de novo.

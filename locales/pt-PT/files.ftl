# Ficheiros a caminho, imagens que se veem: carregado com o primeiro deles.

files-chosen = Ficheiros para enviar
files-most = Uma mensagem leva até { $count } ficheiros. Os outros esperam aqui pela próxima.
file-unchoose = Deixar { $file } de fora
file-waits = Aguarda a sua vez
file-sending = { $percent }
file-paused = Em pausa nos { $percent }. Continua sozinho quando houver ligação.
file-trying = Em pausa nos { $percent }: o servidor não recebe nada neste momento. A tentar de novo.
file-checking = Chegou tudo. O servidor está a verificar.
file-there = Enviado ao servidor
file-cancel = Cancelar envio
file-without = Enviar sem { $file }
file-pick-again = Escolher o ficheiro de novo
file-other = Este é outro ficheiro. Escolha o que se chama { $file }, de { $size }.

## Why a file was not taken, by code

file-error-object_empty = { $file } está vazio. Não há nada para enviar.
file-error-object_too_large = { $file } tem { $size }. Este servidor aceita até { $limit }.
file-error-quota = Os seus ficheiros ocupam os { $limit } que tem aqui. Remova mensagens com ficheiros e tente de novo.
file-error-quota_all = Este servidor já não tem espaço para ficheiros. Avise quem o gere.
file-error-objects_full = Tem { $count } ficheiros aqui, e é o máximo. Remova mensagens com ficheiros e tente de novo.
file-error-disk_full = O disco do servidor está cheio. Nada do que foi enviado se perdeu. Avise quem o gere ou tente mais tarde.
file-error-picture_broken = { $file } é uma imagem danificada. Abra-a, guarde-a de novo e envie essa.
file-error-picture_kind = { $file } pode dizer onde foi tirada, e neste tipo de imagem isso não pode ser retirado aqui. Guarde-a como JPEG ou PNG, ou comprima-a.
file-error-picture_pixels = { $file } tem mais píxeis do que este servidor aceita. Reduza a imagem ou comprima-a.
file-error-picture_frames = { $file } é mais longa do que uma imagem animada pode ser aqui. Encurte-a ou comprima-a.
file-error-picture_bytes = { $file } é maior do que uma imagem pode ser aqui. Reduza a imagem ou comprima-a.
file-error-no_picture = { $file } não é uma imagem que se possa usar aqui. Escolha um ficheiro JPEG, PNG, GIF ou WebP.
file-error-file_lost = { $file } não tinha chegado inteiro quando esta página foi fechada, e o navegador não o guardou. Escolha-o de novo: o que o servidor já tem não é enviado duas vezes.
file-error-file_unreadable = { $file } já não pode ser lido: foi movido, alterado ou removido. Escolha-o de novo.
file-error-file_changed = { $file } mudou durante o envio. Escolha-o de novo.
file-error-proxy_too_large = Um proxy antes do servidor recusa até { $limit } de uma vez. Avise quem gere o servidor.
file-error-proxy_refused = Algo entre si e o servidor não deixa passar ficheiros. Experimente outra rede ou avise quem gere o servidor.
file-error-upload_cut = O caminho até ao servidor interrompe-se constantemente. Tente de novo ou a partir de outra rede.
file-error-upload_unavailable = O servidor não aceitou, por mais que se tentasse. Tente mais tarde.
file-error-unavailable = O servidor não aceitou, por mais que se tentasse. Tente mais tarde.
file-error-grants = Este ficheiro foi reencaminhado demasiadas vezes. Envie-o como ficheiro novo.

## Pictures

viewer = Imagem: { $file }
viewer-picture = A imagem
viewer-count = { $at } de { $count }
viewer-before = Imagem anterior
viewer-after = Imagem seguinte
viewer-larger = Maior
viewer-smaller = Menor
viewer-failed = Esta imagem não carregou.
viewer-help = As setas vão para outras imagens, mais e menos mudam o tamanho, Escape fecha.
picture-choose = Escolher uma imagem
picture-change = Mudar a imagem
picture-remove = Tirar
picture-removed = Imagem retirada.
picture-set = Imagem alterada.
picture-cut = Escolha o que aparece
picture-cut-help = Mova com o ponteiro ou com as setas.
picture-part = O que aparece
picture-zoom = Tamanho
picture-use = Usar esta imagem
picture-none = Ainda não há imagem

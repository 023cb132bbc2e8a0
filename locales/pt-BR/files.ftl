# Arquivos a caminho, imagens que se veem: carregado com o primeiro deles.

files-chosen = Arquivos para enviar
files-most = Uma mensagem leva até { $count } arquivos. Os outros esperam aqui pela próxima.
file-unchoose = Deixar { $file } de fora
file-waits = Espera a sua vez
file-sending = { $percent }
file-paused = Pausado em { $percent }. Continua sozinho quando houver conexão.
file-trying = Pausado em { $percent }: o servidor não recebe nada no momento. Tentando de novo.
file-checking = Chegou tudo. O servidor está conferindo.
file-there = Enviado ao servidor
file-cancel = Cancelar envio
file-without = Enviar sem { $file }
file-pick-again = Escolher o arquivo de novo
file-other = Este é outro arquivo. Escolha o que se chama { $file }, de { $size }.

## Why a file was not taken, by code

file-error-object_empty = { $file } está vazio. Não há nada para enviar.
file-error-object_too_large = { $file } tem { $size }. Este servidor aceita até { $limit }.
file-error-quota = Seus arquivos ocupam os { $limit } que você tem aqui. Remova mensagens com arquivos e tente de novo.
file-error-quota_all = Este servidor não tem mais espaço para arquivos. Avise quem cuida dele.
file-error-objects_full = Você tem { $count } arquivos aqui, e é o máximo. Remova mensagens com arquivos e tente de novo.
file-error-disk_full = O disco do servidor está cheio. Nada do que foi enviado se perdeu. Avise quem cuida dele ou tente mais tarde.
file-error-picture_broken = { $file } é uma imagem danificada. Abra, salve de novo e envie essa.
file-error-picture_kind = { $file } pode dizer onde foi tirada, e neste tipo de imagem isso não pode ser retirado aqui. Salve como JPEG ou PNG, ou compacte.
file-error-picture_pixels = { $file } tem mais pixels do que este servidor aceita. Diminua a imagem ou compacte.
file-error-picture_frames = { $file } é mais longa do que uma imagem animada pode ser aqui. Encurte ou compacte.
file-error-picture_bytes = { $file } é maior do que uma imagem pode ser aqui. Diminua a imagem ou compacte.
file-error-no_picture = { $file } não é uma imagem que possa ser usada aqui. Escolha um arquivo JPEG, PNG, GIF ou WebP.
file-error-file_lost = { $file } não tinha chegado inteiro quando esta página foi fechada, e o navegador não o guardou. Escolha de novo: o que o servidor já tem não é enviado duas vezes.
file-error-file_unreadable = { $file } não pode mais ser lido: foi movido, alterado ou removido. Escolha de novo.
file-error-file_changed = { $file } mudou durante o envio. Escolha de novo.
file-error-proxy_too_large = Um proxy antes do servidor recusa até mesmo { $limit } de uma vez. Avise quem cuida do servidor.
file-error-proxy_refused = Algo entre você e o servidor não deixa passar arquivos. Tente outra rede ou avise quem cuida do servidor.
file-error-upload_cut = O caminho até o servidor se interrompe a toda hora. Tente de novo ou em outra rede.
file-error-upload_unavailable = O servidor não aceitou, por mais que se tentasse. Tente mais tarde.
file-error-unavailable = O servidor não aceitou, por mais que se tentasse. Tente mais tarde.
file-error-grants = Este arquivo foi encaminhado vezes demais. Envie como arquivo novo.

## Pictures

viewer = Imagem: { $file }
viewer-picture = A imagem
viewer-count = { $at } de { $count }
viewer-before = Imagem anterior
viewer-after = Imagem seguinte
viewer-larger = Maior
viewer-smaller = Menor
viewer-failed = Esta imagem não carregou.
viewer-help = As setas vão a outras imagens, mais e menos mudam o tamanho, Escape fecha.
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

### Grupos: criar um, seus detalhes, seus links, e entrar. Carregado com eles.

## Criar um

group-title = Nome do grupo
pick-search = Buscar nos seus contatos
pick-people = Pessoas a adicionar
pick-nobody = Ninguém para escolher: só dá para adicionar contatos. Um link para o grupo deixa qualquer pessoa entrar.
pick-most = { $count } de uma vez é o máximo. As outras podem vir depois.
pick-first = Escolha alguém primeiro.
new-group-go = { $count ->
    [0] Criar o grupo
    [one] Criar o grupo com uma pessoa
   *[other] Criar o grupo com { $count } pessoas
}

## O que vale nele

group-rules = Regras
rules-owners = Quem tem a propriedade do grupo muda isto.
rule-history = Mostrar o que foi dito antes a quem chega
rule-history-on = Quem chega lê tudo desde o início.
rule-history-off = Quem chega lê o que for dito a partir daí.
rule-post = Todas as pessoas escrevem
rule-post-on = Todas as pessoas do grupo escrevem nele; cabem até 1000.
rule-post-off = Só escreve quem administra; cabem até 5000 pessoas.
rule-add = Todas as pessoas adicionam outras
rule-add-on = Cada pessoa adiciona seus contatos.
rule-add-off = Só adiciona quem administra.
group-retitle = Mudar o nome

## Quem está nele

members = Pessoas
members-search = Buscar pessoas
members-more = Mostrar mais pessoas
members-loading = Lendo quem está no grupo
members-failed = Não deu para ler todas as pessoas. Tente de novo em instantes.
member-you = você
role-owner = propriedade
role-admin = administração
role-member = membro
member-owner = Dar a propriedade também
member-admin = Dar o papel de administração
member-member = Tirar o papel
member-hand-over = Passar o grupo
member-remove = Remover do grupo
member-ranked = { $role ->
    [owner] O grupo agora também é de { $name }.
    [admin] { $name } agora administra o grupo.
   *[member] { $name } não tem mais papel no grupo.
}
member-removed = { $name } não está mais no grupo.
ask-remove-title = Remover { $name } do grupo?
ask-remove-text = Essa pessoa continua lendo o que já podia ler e não vê nada do que for dito a partir de agora. Pode ser adicionada de novo, e um link aberto deixa que volte.
ask-remove-keep-out = Não deixar voltar: nem por um link, nem por outra pessoa
kept-out = Não podem voltar
kept-out-text = Nenhum link deixa que entrem, e membros não podem adicioná-las.
kept-out-end = Deixar voltar
kept-out-ended = { $name } pode voltar.
ask-owner-title = Dar a { $name } também a propriedade?
ask-owner-text = Quem tem a propriedade pode tudo, e também pode tirar o seu papel.
ask-hand-over-title = Passar o grupo a { $name }?
ask-hand-over-text = A propriedade passa a { $name }, e você fica com a administração. Só essa pessoa pode devolver.
add-people = Adicionar pessoas
add-people-to = Adicionar pessoas a { $name }
add-people-go = { $count ->
    [0] Adicionar pessoas
    [one] Adicionar uma pessoa
   *[other] Adicionar { $count } pessoas
}
add-history-on = Vão ler tudo o que foi dito antes.
add-history-off = Não vão ver o que foi dito antes.
added-toast = { $count ->
    [one] Uma pessoa adicionada.
   *[other] { $count } pessoas adicionadas.
}

## Sair dele

group-leave = Sair do grupo
leave-title = Sair de “{ $name }”?
leave-text = Você continua lendo o que já podia ler e não vê nada do que for dito depois.
leave-sole_owner = Mais ninguém tem a propriedade. Ela passa a quem administra há mais tempo no grupo; sem administração, a quem está nele há mais tempo. Para escolher quem fica com ela, dê a propriedade antes.
leave-last = Não há mais ninguém nele. Seus links acabam, e ninguém pode voltar.
leave-stay = Ficar
left-toast = Você saiu de “{ $name }”.

## Links

links = Links de convite
links-text = Quem tem um link pode entrar, mesmo que você não conheça.
links-loading = Lendo os links
links-failed = Não deu para ler os links. Tente de novo em instantes.
link-make = Criar um link
link-lasts = Por quanto tempo vale
link-uses = Quantas vezes pode ser usado
lasts-hour = Uma hora
lasts-day = Um dia
lasts-week = 7 dias
lasts-month = 30 dias
lasts-year = Um ano
uses-any = Quantas vezes quiser
uses-count = { $count ->
    [one] Uma vez
   *[other] { $count } vezes
}
link-new = O novo link
link-once = Ele aparece só desta vez. Copie e mande a quem quer convidar.
link-copy = Copiar o link
link-copied = Link copiado.
link-copy-failed = Não deu para copiar. O link está selecionado: copie à mão.
link-until = Até { $time }
link-any = quantas vezes quiser
link-left = { $count ->
    [one] mais uma vez
   *[other] mais { $count } vezes
}
link-by = criado por { $name }
link-by-you = criado por você
link-revoke = Encerrar o link até { $time }
link-revoked = O link não leva mais a lugar nenhum.

## Entrar por um

invitation = Convite
invited-by = { $name } convida você para este grupo.
invited-in = Você já está neste grupo.
join-go = Entrar
join-open = Abrir
join-not = Agora não
joined-toast = Agora você está em “{ $name }”.
link-looking = Vendo aonde este link leva
link-ended = Este link não leva a lugar nenhum
link-not-seen = O convite não carregou
link-to-chats = Ir para suas conversas

## Quem leu uma mensagem

readers-title = Quem leu
readers-read = { $count ->
    [one] Lida por uma pessoa
   *[other] Lida por { $count }
}
readers-not = { $count ->
    [one] Ainda não por uma pessoa
   *[other] Ainda não por { $count }
}
readers-hint = Algumas podem ter lido sem avisar.
readers-untold = Você não conta aos outros o que leu, por isso também não fica sabendo. Isso muda nos Ajustes.

## Recusas do servidor, por código

error-owners_only = Só quem tem a propriedade do grupo pode fazer isso. Peça a uma dessas pessoas.
error-title_empty = Dê um nome ao grupo.
error-title_too_long = Esse nome é longo demais: { $limit } caracteres é o máximo.
error-people_at_once = { $limit } pessoas de uma vez é o máximo. Adicione as outras depois.
error-group_full = O grupo está cheio: { $limit } pessoas é o máximo. Alguém precisa sair antes, ou crie outro grupo.
error-too_many_people = Gente demais para isso: onde todas as pessoas escrevem, { $limit } é o máximo. Remova algumas antes.
error-banned = Você, ou alguém que quer adicionar, não pode voltar a este grupo. Quem administra pode permitir de novo.
error-last_owner = Um grupo tem sempre de quem ser. Dê antes a propriedade a outra pessoa.
error-oneself = Para sair, use Sair do grupo.
error-not_a_group = Esta conversa é feita das suas pessoas. Crie um grupo para mudar quem faz parte.
error-group_call = Grupos ainda não têm chamadas. Ligue para uma pessoa só.
error-link_expires = Um link acaba no futuro, dentro de um ano. Escolha outro prazo.
error-link_uses = Um link é usado de 1 a 10 000 vezes. Escolha outro número.
error-links_full = Um grupo tem até { $limit } links. Encerre um antes.
error-link_unknown = Ele não existe ou foi encerrado. Peça um novo a quem mandou.
error-link_expired = O prazo dele acabou. Peça um novo a quem mandou.
error-link_used_up = Ele já foi usado tantas vezes quanto podia. Peça um novo a quem mandou.

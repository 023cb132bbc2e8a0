### Grupos: criar um, os seus detalhes, as suas ligações, e entrar. Carregado com eles.

## Criar um

group-title = Nome do grupo
pick-search = Procurar nos seus contactos
pick-people = Pessoas a adicionar
pick-nobody = Ninguém para escolher: só pode adicionar contactos. Uma ligação para o grupo deixa qualquer pessoa entrar.
pick-most = { $count } de uma vez é o máximo. As outras podem vir depois.
pick-first = Escolha alguém primeiro.
new-group-go = { $count ->
    [0] Criar o grupo
    [one] Criar o grupo com uma pessoa
   *[other] Criar o grupo com { $count } pessoas
}

## O que vale nele

group-rules = Regras
rules-owners = Quem tem a propriedade do grupo altera isto.
rule-history = Mostrar o que foi dito antes a quem chega
rule-history-on = Quem chega lê tudo desde o início.
rule-history-off = Quem chega lê o que for dito a partir daí.
rule-post = Todas as pessoas escrevem
rule-post-on = Todas as pessoas do grupo escrevem nele; cabem até 1000.
rule-post-off = Só escreve quem administra; cabem até 5000 pessoas.
rule-add = Todas as pessoas adicionam outras
rule-add-on = Cada pessoa adiciona os seus contactos.
rule-add-off = Só adiciona quem administra.
group-retitle = Alterar o nome

## Quem está nele

members = Pessoas
members-search = Procurar pessoas
members-more = Mostrar mais pessoas
members-loading = A ler quem está no grupo
members-failed = Não foi possível ler todas as pessoas. Tente de novo daqui a pouco.
member-you = é você
role-owner = propriedade
role-admin = administração
role-member = membro
member-owner = Dar a propriedade também
member-admin = Dar o papel de administração
member-member = Retirar o papel
member-hand-over = Passar o grupo
member-remove = Remover do grupo
member-ranked = { $role ->
    [owner] O grupo agora também é de { $name }.
    [admin] { $name } agora administra o grupo.
   *[member] { $name } já não tem papel no grupo.
}
member-removed = { $name } já não está no grupo.
ask-remove-title = Remover { $name } do grupo?
ask-remove-text = Essa pessoa continua a ler o que já podia ler e não vê nada do que for dito a partir de agora. Pode ser adicionada de novo, e uma ligação aberta deixa que volte.
ask-remove-keep-out = Não deixar voltar: nem por uma ligação, nem por outra pessoa
kept-out = Não podem voltar
kept-out-text = Nenhuma ligação deixa que entrem, e os membros não as podem adicionar.
kept-out-end = Deixar voltar
kept-out-ended = { $name } pode voltar.
ask-owner-title = Dar a { $name } também a propriedade?
ask-owner-text = Quem tem a propriedade pode tudo, e também pode retirar-lhe o papel.
ask-hand-over-title = Passar o grupo a { $name }?
ask-hand-over-text = A propriedade passa a { $name }, e fica com a administração. Só essa pessoa a pode devolver.
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
leave-title = Sair de «{ $name }»?
leave-text = Continua a ler o que já podia ler e não vê nada do que for dito depois.
leave-sole_owner = Mais ninguém tem a propriedade. Passa a quem administra e está no grupo há mais tempo; sem administração, a quem está nele há mais tempo. Para escolher quem fica com ela, dê a propriedade antes.
leave-last = Não há mais ninguém nele. As suas ligações acabam, e ninguém pode voltar.
leave-stay = Ficar
left-toast = Saiu de «{ $name }».

## Ligações

links = Ligações de convite
links-text = Quem tem uma ligação pode entrar, mesmo que não conheça essa pessoa.
links-loading = A ler as ligações
links-failed = Não foi possível ler as ligações. Tente de novo daqui a pouco.
link-make = Criar uma ligação
link-lasts = Por quanto tempo vale
link-uses = Quantas vezes pode ser usada
lasts-hour = Uma hora
lasts-day = Um dia
lasts-week = 7 dias
lasts-month = 30 dias
lasts-year = Um ano
uses-any = As vezes que quiser
uses-count = { $count ->
    [one] Uma vez
   *[other] { $count } vezes
}
link-new = A nova ligação
link-once = Só aparece desta vez. Copie-a e envie-a a quem quer convidar.
link-copy = Copiar a ligação
link-copied = Ligação copiada.
link-copy-failed = Não foi possível copiar. A ligação está selecionada: copie à mão.
link-until = Até { $time }
link-any = as vezes que quiser
link-left = { $count ->
    [one] mais uma vez
   *[other] mais { $count } vezes
}
link-by = criada por { $name }
link-by-you = criada por si
link-revoke = Terminar a ligação até { $time }
link-revoked = A ligação já não leva a lado nenhum.

## Entrar por uma

invitation = Convite
invited-by = Tem um convite de { $name } para este grupo.
invited-in = Já está neste grupo.
join-go = Entrar
join-open = Abrir
join-not = Agora não
joined-toast = Agora está em «{ $name }».
link-looking = A ver aonde esta ligação leva
link-ended = Esta ligação não leva a lado nenhum
link-not-seen = O convite não carregou
link-to-chats = Ir para as suas conversas

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
readers-hint = Algumas podem ter lido sem o dizer.
readers-untold = Não diz aos outros o que leu, por isso também não fica a saber. Isso muda nas Definições.

## Recusas do servidor, por código

error-owners_only = Só quem tem a propriedade do grupo pode fazer isso. Peça a uma dessas pessoas.
error-title_empty = Dê um nome ao grupo.
error-title_too_long = Esse nome é demasiado longo: { $limit } caracteres é o máximo.
error-people_at_once = { $limit } pessoas de uma vez é o máximo. Adicione as outras depois.
error-group_full = O grupo está cheio: { $limit } pessoas é o máximo. Alguém tem de sair antes, ou crie outro grupo.
error-too_many_people = Demasiadas pessoas para isso: onde todas escrevem, { $limit } é o máximo. Remova algumas antes.
error-banned = Não pode voltar a este grupo, ou não pode quem quer adicionar. Quem administra pode permitir de novo.
error-last_owner = Um grupo tem sempre de quem ser. Dê antes a propriedade a outra pessoa.
error-oneself = Para sair, use Sair do grupo.
error-not_a_group = Esta conversa é feita das suas pessoas. Crie um grupo para mudar quem faz parte.
error-group_call = Os grupos ainda não têm chamadas. Ligue a uma pessoa só.
error-link_expires = Uma ligação acaba no futuro, dentro de um ano. Escolha outro prazo.
error-link_uses = Uma ligação é usada de 1 a 10 000 vezes. Escolha outro número.
error-links_full = Um grupo tem até { $limit } ligações. Termine uma antes.
error-link_unknown = Não existe ou foi terminada. Peça uma nova a quem a enviou.
error-link_expired = O prazo acabou. Peça uma nova a quem a enviou.
error-link_used_up = Já foi usada tantas vezes quantas podia. Peça uma nova a quem a enviou.

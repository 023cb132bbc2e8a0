# Where emoji are chosen.

emoji-search = Procurar emojis
emoji-groups = Grupos
emoji-found = Encontrados
emoji-count = { $count ->
    [one] Um encontrado
   *[other] { $count } encontrados
}
emoji-recent = Usados há pouco
emoji-group-0 = Caras e emoções
emoji-group-1 = Pessoas e gestos
emoji-group-3 = Animais e natureza
emoji-group-4 = Comida e bebida
emoji-group-5 = Viagens e locais
emoji-group-6 = Atividades
emoji-group-7 = Objetos
emoji-group-8 = Símbolos
emoji-group-9 = Bandeiras
emoji-tone = Tom de pele
emoji-tone-0 = Amarelo
emoji-tone-1 = Pele clara
emoji-tone-2 = Pele morena clara
emoji-tone-3 = Pele morena
emoji-tone-4 = Pele morena escura
emoji-tone-5 = Pele escura

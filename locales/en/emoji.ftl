# Where emoji are chosen.

emoji-search = Search emoji
emoji-groups = Groups
emoji-found = Found
emoji-count = { $count ->
    [one] One found
   *[other] { $count } found
}
emoji-recent = Used lately
emoji-group-0 = Smileys and feelings
emoji-group-1 = People and gestures
emoji-group-3 = Animals and nature
emoji-group-4 = Food and drink
emoji-group-5 = Travel and places
emoji-group-6 = Activities
emoji-group-7 = Objects
emoji-group-8 = Symbols
emoji-group-9 = Flags
emoji-tone = Skin tone
emoji-tone-0 = Yellow
emoji-tone-1 = Light skin tone
emoji-tone-2 = Medium-light skin tone
emoji-tone-3 = Medium skin tone
emoji-tone-4 = Medium-dark skin tone
emoji-tone-5 = Dark skin tone

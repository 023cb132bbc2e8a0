# Questions that stand above everything, and the form of the own status.

remove-title = Remove this message for everyone?
remove-text = { $name } may have read it; old programs keep their copy.
remove-keep = Keep it
remove-go = Remove it
removed-toast = Message removed for everyone
forward-title = Forward this message
forward-search = Search chats and people
forward-to = Where to
forward-none = Choose a chat first.
forward-most = { $count } at once are the most.
forward-go = { $count ->
    [0] Forward
    [one] Forward to one chat
   *[other] Forward to { $count } chats
}
forwarded-toast = On its way.
mute-title = Mute { $name }?
mute-text = No sound for new messages. They are counted all the same, and you hear it when somebody calls you by name.
mute-hour = For an hour
mute-eight-hours = For eight hours
mute-week = For a week
mute-always = Until I turn it on again
find-name = Their exact name
find-hint = As they write it, such as bruno. Nobody can browse a list of names.
that-is-you = That is your own name.
ask-waits = You have asked already. You can write as soon as { $name } accepts.
ask-theirs = { $name } has asked you. Accept, and you can write.
ask-contact = { $name } is in your contacts.
ask-blocked = You have blocked { $name }. Unblock first.
request-sent = Request sent. You can write as soon as { $name } accepts.
blocked-toast = { $name } is blocked.
removed-contact-toast = { $name } is no longer in your contacts.
block-title = Block { $name }?
block-text = No calls, no messages, no sight of when you are here. They are not told.
remove-contact-title = Remove { $name } from your contacts?
remove-contact-text = You no longer see when the other is here. The chat stays for both of you.

## Own status

status-online = Online
status-online-text = Follows what you do: away when nobody sits here.
status-away = Away
status-busy = Do not disturb
status-busy-text = No sounds and no notices, on any device. Calls ring without sound.
quiet-ends = Ends
quiet-until = Until { $time }
quiet-hour = After an hour
quiet-tomorrow = Tomorrow morning
quiet-always = When I change it
status-invisible = Invisible
status-invisible-text = Others see you as offline. Everything works.
mood-hint = A short line under your name, for your contacts.

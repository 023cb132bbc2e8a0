### Every word of the browser client, but for calls (call.ftl). Calm, exact, second person, present tense.

-brand = Skein

## Everywhere

close = Close
undo = Undo
cancel = Cancel
back = Back
try-again = Try again
try-now = Try now
save = Save
copy = Copy
copied = Copied.
skip = Skip to writing
sections = Sections
chats = Chats
calls = Calls
people = People
settings = Settings
new-count = { $count } new

## Presence

presence-online = online
presence-away = away
presence-busy = busy, do not disturb
presence-call = in a call
presence-offline = offline
presence-invisible = invisible
presence-away-since = away since { $time }
presence-last-seen = last here { $time }

## Front door

languages = Languages
sign-in = Sign in
server-silent = { $server } does not answer. If other pages open, tell the person who runs it.
opening = Opening { -brand }

recovery-remind = You have not kept a recovery code yet. Without one, a forgotten password cannot be replaced.
recovery-remind-make = Make a new code
recovery-remind-later = Later

ended-signed_out = This device was signed out. Sign in again to go on.
ended-blocked = This account is blocked on this server. Ask the person who runs it.
ended-not_signed_in = Your sign-in ended. Sign in again to go on.

## Refusals of the server, by code

error-name_taken = That name is taken. Try another one.
error-display_invalid = That name cannot be shown. Write one with letters, not too long.
error-wrong_password = That name and password do not match. Check both, or use your recovery code.
error-not_signed_in = Your sign-in ended. Sign in again to go on.
error-blocked_account = This account is blocked on this server. Ask the person who runs it.
deleted-account = Deleted account
error-too_many = Too many tries. Wait { $time }, then try again.
error-not_found = It is no longer here
error-conflict = It changed meanwhile
error-too_large = It is larger than this server takes
error-offline = The server does not answer. Try again in a moment.
error-unavailable = The server cannot do that now. Try again in a moment.
error-restarting = { error-unavailable }
error-too_slow = { error-unavailable }
error-foreign_origin = This page comes from elsewhere. Open the address of the server itself.
error-use_https = Passwords would go unsealed here. Open the page with https.
error-bad_request = The server did not understand that. Load the page again.
error-other = That did not work. Try again.

## Connection

offline-title = You are offline.
offline-text = Messages wait here and go out by themselves.
offline-retry = Trying again in { $seconds } s
offline-trying = Trying again now
offline-reason = You are offline. This works again once the connection is back.
connection-lost = The connection is lost.
offline-start = You are offline.
offline-start-text = Skein opens your chats as soon as the network is back.
offline-start-messages = { $count ->
    [one] One message waits on this device and goes out by itself.
   *[other] { $count } messages wait on this device and go out by themselves.
}
offline-start-drafts = { $count ->
    [one] One draft is kept.
   *[other] { $count } drafts are kept.
}

## First run

welcome-title = Welcome, { $name }. Hear yourself first.
welcome-text = Call echo: it says hello, listens for ten seconds and plays back what it heard. Then it tells you how your microphone, speakers and connection did.
welcome-small = Takes half a minute. Nobody else hears you.
call-echo = Call echo
welcome-people = Then bring your people
welcome-add-title = Add someone you know here
welcome-add-text = By their name on this server, like { $name }.
welcome-own-title = Tell people your name
welcome-own-text = They add you by { $name }.
welcome-own-copy = Copy my name
welcome-mood-title = Say how you are
welcome-mood-text = A short line under your name, for your contacts.
welcome-mood-go = Write a line
welcome-label = Welcome

## Chats

no-chats = No chats yet. Add someone, or call echo.
choose-chat = Choose a chat to read and answer.
more-chats = Show older chats
draft-prefix = Draft:
typing-short = typing…
unread-count = { $count } unread
time-yesterday = Yesterday
time-today-at = today { $time }
time-yesterday-at = yesterday { $time }
time-day-at = { $day }, { $time }
day-today = Today
preview-missed = Missed call
preview-missed-video = Missed video call
preview-call = Call
preview-call-video = Video call
preview-removed = Message removed
preview-contacts = You are in each other’s contacts now
preview-files = { $count ->
    [one] A file
   *[other] { $count } files
}
chat-with = Conversation with { $name }

## Conversation

call = Call
video-call = Video call
more-chat = More about this chat
messages = Messages
write-to = Write to { $name }
writing-to-yourself = Notes to yourself
send = Send
edited = edited
read = Read
tick-waiting = waits for connection
tick-sending = sending
tick-sent = on the server
tick-delivered = delivered
you-at = You, { $time }
person-at = { $name }, { $time }
is-typing = { $name } is typing…
new-since = New since { $time }
new-messages = New messages
jump-newest = Jump to newest
jump-newest-count = { $count ->
    [one] One new message
   *[other] { $count } new messages
}
show-all = Show all
show-less = Show less
removed-by = { $name } removed this message
removed-by-you = You removed this message
became-contacts = You are in each other’s contacts now.
# Lines of a group: what changed, and by whom.
line-created = { $name } made the group “{ $title }”.
line-titled = { $name } named the group “{ $title }”.
line-pictured = { $name } changed the picture of the group.
line-unpictured = { $name } took the picture of the group away.
line-ruled = { $name } changed the rules of the group.
line-disclosed = { $name } lets newcomers see what was said before them.
line-undisclosed = { $name } keeps what was said before from newcomers.
line-joinable = { $name } lets people join by a link.
line-unjoinable = { $name } lets nobody join by a link any more.
line-added = { $name } added { $people }.
line-joined = { $name } joined by a link.
line-left = { $name } left.
line-removed = { $name } removed { $people }.
line-banned = { $name } banned { $people }.
line-unbanned = { $name } lets { $people } come back.
line-ranked = { $role ->
    [owner] { $name } made { $people } owner.
    [admin] { $name } made { $people } admin.
   *[member] { $name } made { $people } an ordinary member.
}
line-inherited = { $people } owns the group now.
group-gone = You are not in this group any more. What was said while you were is still here.
group-listening = Only owners and admins write in this group.
new-group = New group
group-details = Group details
group-people = { $count ->
    [one] One person
   *[other] { $count } people
}
read-by = Read by { $count }
read-by-who = Who has read it
file-save = Save
file-gone = is not there any more
attach = Send files
attach-camera = Take a picture
attach-pictures = Pictures and films
attach-files = Files
drop-here = Drop here to send to { $name }
drop-closed = Nothing can be sent here now
drop-folders = A folder cannot be sent. Pack it into an archive first.
file-unplayable = Your browser cannot play this. Save it to open it elsewhere.
quote-file = A file
not-sent = Not sent: { $reason }.
remove-it = Remove it
messages-failed = These messages did not load
messages-failed-text = The server did not answer. Your own messages are safe.
loading-messages = Opening your messages
nothing-yet = Nothing said yet. Write the first line.
edit = Edit
copy-text = Copy text
remove-for-everyone = Remove for everyone
more-message = More for this message
editing = You are editing a message
editing-cancel = Leave it as it was
editing-save = Save the change
outbox-full = Too much waits to be sent already. It goes out when the connection is back.
not-contact-write = You can write as soon as { $name } is in your contacts.
not-contact-ask = Ask to add
blocked-write = You have blocked { $name }.
unblock = Unblock
new-message-from = New message from { $name }: { $text }
message-sent = Sent
unknown-chat = This chat is not here
unknown-chat-text = It may belong to another account.

## Rich messages

reply = Reply
reply-cancel = Do not answer it
replying = You answer { $name }
quote-go = Go to the message:
quote-lost = An earlier message
you = You
forward = Forward
forwarded-from = Forwarded from { $name }
react = React
react-more = More emoji
react-closed = You can only take back your own reactions here.
reactions = Reactions
reaction-by = { $count ->
    [one] One person: { $names }
   *[other] { $count } people: { $names }
}
reaction-more = { $count ->
    [one] one more
   *[other] { $count } more
}
quick-thumbs = Thumbs up
quick-heart = Heart
quick-joy = Tears of joy
quick-wow = Astonished
quick-sad = Sad
quick-thanks = Folded hands
names-you = Names you
mention-all = all
complete-people = People to name
complete-emoji = Emoji by name
complete-count = { $count ->
    [one] One suggestion. Enter takes it.
   *[other] { $count } suggestions. Arrows choose, Enter takes one.
}
emoji = Emoji

## Finding one's way

search = Search
search-chat = Search this chat
message-gone = That message is no longer here.
message-not-reached = The server did not answer. Try again in a moment.
mentions-you = { $count ->
    [one] One message names you
   *[other] { $count } messages name you
}
more-chat-with = More about the chat with { $name }
pin = Pin on top
unpin = Unpin
is-pinned = pinned
mute = Mute
unmute = Unmute
is-muted = muted
archive = Archive
unarchive = Take out of the archive
archived = Archived
archived-count = Archived ({ $count })
archived-toast = { $name } is archived.
unarchived-toast = { $name } is back in the list.

## People

add-contact = Add a contact
profile = Profile
favourite = Add to favourites
favourite-end = Remove from favourites
report = Report
nothing-found = Nothing found for “{ $text }”.
accept = Accept
decline = Decline
block = Block
remove-contact = Remove from contacts
write-person = Write to { $name }
more-person = More about { $name }
find = Find
unknown-name = Nobody here is called “{ $name }”. Check the spelling.
greeting = A line with it, if you like
ask = Send request
accepted-toast = { $name } is in your contacts now.
unblocked-toast = { $name } is no longer blocked.
keep = Keep
sound-test = Sound test

## Own status

your-status = Your status: { $status }
status-title = How others see you
mood = Mood

## Page

settings-devices = Devices
saved = Saved.
device-signed-out = { $device } is signed out.
new-device = New sign-in on { $device }, { $time }.
new-device-text = If that was not you, sign it out and change your password.
new-device-mine = It was me
new-device-end = Sign it out
screen-failed = This page did not load
screen-failed-text = The server did not answer, or it has a newer version.
load-again = Load again
part-failed = This did not load
part-failed-text = The server did not answer, or it has a newer version. If it fails again, load the page anew.
title-unread = ({ $count }) { -brand }
brand = { -brand }
app-description = Calls that find their way. Voice, video and chat on your own server.
notices = To know
updated = The server has a newer Skein. This page goes on with its own until you load it again; what you have typed is kept.
updated-load = Load the new one
updated-later = Later
updated-call = A call goes on here. Load it after the call.
notify-offer = Somebody wrote while you looked elsewhere. Should your system tell you next time?
notify-turn-on = Tell me
not-now = Not now
notice-in = { $name } in { $chat }
notice-message = New message
chat-notify = Notifications

too-long-by = { $count ->
    [one] One letter too many.
   *[other] { $count } letters too many.
}

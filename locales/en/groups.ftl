### Named groups: making one, its details, its links, and joining. Loaded with them.

## Making one

group-title = Title of the group
pick-search = Search your contacts
pick-people = People to add
pick-nobody = Nobody to choose: only your contacts can be added. A link to the group lets anybody in.
pick-most = { $count } at once are the most. The others can be added after them.
pick-first = Choose somebody first.
new-group-go = { $count ->
    [0] Make the group
    [one] Make the group with one person
   *[other] Make the group with { $count } people
}

## What holds in it

group-rules = Rules
rules-owners = Owners change these.
rule-history = Show newcomers what was said before
rule-history-on = Whoever comes reads everything from the beginning.
rule-history-off = Whoever comes reads what is said from then on.
rule-post = Everybody writes
rule-post-on = All people of the group write in it; up to 1,000 fit.
rule-post-off = Only owners and admins write; up to 5,000 people fit.
rule-add = Everybody adds people
rule-add-on = Each adds their own contacts.
rule-add-off = Only owners and admins add people.
group-retitle = Change the title

## Who is in it

members = People
members-search = Search the people
members-more = Show more people
members-loading = Reading who is in it
members-failed = Not everybody could be read. Try again in a moment.
member-you = you
role-owner = owner
role-admin = admin
role-member = member
member-owner = Make owner
member-admin = Make admin
member-member = Make an ordinary member
member-hand-over = Hand the group over
member-remove = Remove from the group
member-ranked = { $role ->
    [owner] { $name } is owner now.
    [admin] { $name } is admin now.
   *[member] { $name } is an ordinary member now.
}
member-removed = { $name } is not in the group any more.
ask-remove-title = Remove { $name } from the group?
ask-remove-text = They keep what they could read, and see nothing of what is said from now on. They can be added again, and a link that is open lets them back in.
ask-remove-keep-out = Keep them out: no link and no member lets them back in
kept-out = Kept out
kept-out-text = No link lets them in, and no member can add them.
kept-out-end = Let in again
kept-out-ended = { $name } may come back.
ask-owner-title = Make { $name } owner too?
ask-owner-text = An owner may do everything, and can take your role away too.
ask-hand-over-title = Hand the group over to { $name }?
ask-hand-over-text = { $name } becomes owner and you become admin. Only they can give it back.
add-people = Add people
add-people-to = Add people to { $name }
add-people-go = { $count ->
    [0] Add people
    [one] Add one person
   *[other] Add { $count } people
}
add-history-on = They will read everything that was said before.
add-history-off = They will not see what was said before.
added-toast = { $count ->
    [one] One person added.
   *[other] { $count } people added.
}

## Leaving it

group-leave = Leave the group
leave-title = Leave “{ $name }”?
leave-text = You keep what you could read, and see nothing of what is said from then on.
leave-sole_owner = Nobody else owns it. The admin who has been in it longest becomes owner; without admins, the member who has. To choose somebody yourself, make them owner first.
leave-last = You are the last one in it. Its links end, and nobody can come back to it.
leave-stay = Stay
left-toast = You left “{ $name }”.

## Links

links = Invitation links
links-text = Whoever has a link can join, also people whom you do not know.
links-loading = Reading the links
links-failed = The links could not be read. Try again in a moment.
link-make = Make a link
link-lasts = How long it holds
link-uses = How often it can be used
lasts-hour = One hour
lasts-day = One day
lasts-week = 7 days
lasts-month = 30 days
lasts-year = A year
uses-any = Any number of times
uses-count = { $count ->
    [one] Once
   *[other] { $count } times
}
link-new = The new link
link-once = It is shown this once. Copy it and send it to whom you want to invite.
link-copy = Copy the link
link-copied = Link copied.
link-copy-failed = Copying did not work. The link is selected: copy it by hand.
link-until = Until { $time }
link-any = any number of times
link-left = { $count ->
    [one] once more
   *[other] { $count } times more
}
link-by = made by { $name }
link-by-you = made by you
link-revoke = End the link until { $time }
link-revoked = The link leads nowhere any more.

## Joining by one

invitation = Invitation
invited-by = { $name } invites you to this group.
invited-in = You are in this group already.
join-go = Join
join-open = Open it
join-not = Not now
joined-toast = You are in “{ $name }” now.
link-looking = Looking where this link leads
link-ended = This link leads nowhere
link-not-seen = The invitation did not load
link-to-chats = Go to your chats

## Who has read a message

readers-title = Who has read it
readers-read = { $count ->
    [one] Read by one person
   *[other] Read by { $count }
}
readers-not = { $count ->
    [one] Not by one person yet
   *[other] Not by { $count } yet
}
readers-hint = Some may have read it and do not tell.
readers-untold = You do not tell others what you have read, so you are not told either. Settings change that.

## Refusals of the server, by code

error-owners_only = Only owners of the group may do that. Ask one of them.
error-title_empty = Give the group a title.
error-title_too_long = That title is too long: { $limit } characters are the most.
error-people_at_once = { $limit } people at once are the most. Add the others after them.
error-group_full = The group is full: { $limit } people are the most. Somebody has to leave first, or you make another group.
error-too_many_people = Too many people for that: where everybody writes, { $limit } are the most. Remove some first.
error-banned = You, or somebody whom you add, may not come back to this group. Its owners and admins can let people in again.
error-last_owner = A group has an owner. Make somebody else owner first.
error-oneself = To go yourself, leave the group.
error-not_a_group = This chat is its people. Make a group to change who belongs to it.
error-group_call = Groups have no calls yet. Call somebody of it alone.
error-link_expires = A link ends in the future, within a year. Choose another time.
error-link_uses = A link is used 1 to 10,000 times. Choose another number.
error-links_full = A group has up to { $limit } links. End one first.
error-link_unknown = It does not exist, or was ended. Ask whoever sent it for a new one.
error-link_expired = Its time is over. Ask whoever sent it for a new one.
error-link_used_up = It was used as often as it may be. Ask whoever sent it for a new one.

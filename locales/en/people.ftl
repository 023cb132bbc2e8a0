# The profile card, and reports to the operator.

card-write = Write
card-nickname = Your name for them
card-nickname-hint = Only you see it, everywhere. They are called { $name } by others.
card-note = Note
card-note-hint = Only you see it.
card-nothing-changed = Nothing has changed.
card-common = { $count ->
    [0] No groups in common
    [one] One group in common
   *[other] { $count } groups in common
}

report-title = Report { $name }?
report-text = Your report goes to the people who run this server. They see what you choose here; the one you report is not told.
report-why = What is it about?
report-spam = Unwanted advertising
report-harassment = Threats, insults or stalking
report-impersonation = Pretends to be somebody else
report-harmful = Harmful pictures or words
report-other = Something else
report-more = What else they should know
report-quote = Messages to show them, at most { $count }
report-no-words = A picture or a file
report-choose = Choose what it is about.
report-say = Say in a few words what it is about.
report-send = Send report
report-sent = The report was sent.

# The page of people.

search-contacts = Search your contacts
all-contacts = All contacts
favourites = Favourites
other-contacts = Everybody else
wants-to-add = Wants to add you
waiting-answer = Waiting for an answer
asked-on = Asked { $time }
no-contacts = Nobody here yet. Add someone by their name on this server.
take-back = Take back
call-person = Call { $name }
video-person = Video call with { $name }
accept-person = Accept { $name }
decline-person = Decline { $name }
block-person = Block { $name }
take-back-person = Take back the request to { $name }
request-received = { $name } wants to add you. They see nothing about you until you accept.
declined-toast = Declined. { $name } is not told.
taken-back-toast = The request is taken back.

# The window that searches everything.

search-everything = Search people, chats and messages
search-messages = Search messages
search-in = Search messages with { $name }
search-only-in = Only with { $name }
search-found = What was found
search-recent = Recent chats
search-people = People and chats
search-asking = Searching
search-older = Show older messages
search-again = Search again
search-no-words = Write a word to look for: letters or digits.
search-no-messages = No message has these words.
search-count = { $count ->
    [one] One message
   *[other] { $count } messages
}
search-count-more = { $count ->
    [one] One message, and older ones
   *[other] { $count } messages, and older ones
}
search-full = These are the newest { $count }. Add a word to narrow the search.
search-not-whole = The newest messages may be missing still: the server is catching up.
search-offline = You are offline: only names are searched. Messages follow once the connection is back.
search-too-many = Many searches at once. This one goes on by itself in { $time }.
search-you = You

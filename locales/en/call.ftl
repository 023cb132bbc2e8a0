### Words of calls. Everything else is in main.ftl.

## Everywhere

call-voice = Voice call
call-video = Video call
call-voice-with = Voice call with { $name }
call-video-with = Video call with { $name }
call-hours = { $hours } h { $minutes } min
call-minutes = { $minutes } min { $seconds } s
call-seconds = { $seconds } s
call-ms = { $value } ms
call-dbfs = { $value } dBFS
call-unknown = unknown
call-you = You
call-sealed-server = Sealed up to this server
call-way-direct = Direct
call-way-relay = Through the server
call-way-server = To the server
call-way-preparing = Preparing the way
call-way-searching = Looking for another way
call-this-device = This device

## Devices

call-device-camera = Camera
call-device-microphone = Microphone
call-device-speaker = Speakers
call-device-default = As the system has it
call-device-number = { $kind } { $number }
call-level = Microphone level
call-level-off = The microphone is not open yet.
call-level-waiting = Say something: the bars follow your voice.
call-level-hears = We hear you well.
call-level-nothing = We hear nothing from this microphone. Speak, or choose another.
call-test-sound = Play a test sound
call-test-sound-refused = The browser did not play it. Click anywhere on the page, then try again.
call-test-microphone = Test the microphone
call-test-camera = Show the camera
call-own-picture = Your own picture
call-own-picture-moves = Your own picture. Arrow keys move it to another corner.
call-picture-of = Picture of { $name }
call-problem-microphone-blocked = Your browser blocks the microphone here. Open the lock beside the address, allow it, then try again.
call-problem-microphone-none = No microphone found. Plug one in, or start the call and only listen.
call-problem-microphone-busy = Another program uses the microphone. Close it, then try again.
call-problem-microphone-insecure = Browsers give a microphone only to pages that came by HTTPS. Open this server by its https address.
call-problem-camera-blocked = Your browser blocks the camera here. Open the lock beside the address, allow it, then try again.
call-problem-camera-none = No camera found. Plug one in, or call without video.
call-problem-camera-busy = Another program uses the camera. Close it, or call without video.
call-problem-camera-insecure = Browsers give a camera only to pages that came by HTTPS. Open this server by its https address.

## Before the call

call-before-voice = Voice call with { $name }
call-before-video = Video call with { $name }
call-before-answer = { $name } is calling
call-before-back = Back, without a call
call-before-look = How you look
call-before-devices = Devices
call-before-mirror = Only you see this. You look mirrored here, not to { $name }.
call-microphone-on = Microphone on
call-microphone-off = Microphone off
call-camera-on = Camera on
call-camera-off = Camera off
call-start-video = Start video call
call-start-voice = Start voice call
call-start-voice-instead = Start voice call instead
call-start-listen = Start, only to listen
call-answer-listen = Answer, only to listen

## It rings

call-getting-ready = Getting ready
call-calling = Calling
call-ringing = { $devices ->
    [one] Ringing on { $devices } device
   *[other] Ringing on { $devices } devices
}
call-incoming = { $name } is calling
call-title-ringing = ☎ { $name } is calling
call-answer = Answer
call-answer-video = Answer with video
call-voice-only = Voice only
call-decline = Decline
call-reply = Decline with a message
call-silence = Silence, keep ringing
call-silenced = It rings without sound now.
call-key-answers = answers
call-key-declines = declines
call-answered-elsewhere = Answered on another device
call-declined-elsewhere = Declined on another device
call-hold-and-answer = Hold and answer
call-decline-title = Decline and tell { $name }
call-decline-later = I will call you back soon.
call-decline-write = I cannot talk now. Write to me.
call-decline-minute = I am on my way. Two minutes.
call-decline-own = Your own words
call-decline-send = Send
call-decline-failed = The call is declined, but the message did not go out. Try again.
call-other-ended = The other call has ended
call-back-rings = Back to chats, keeps ringing

## In a call

call-controls = Call controls
call-microphone = Microphone
call-camera = Camera
call-chat = Chat
call-cancel = Cancel
call-hang-up = Hang up
call-back-on = Back to chats, the call goes on
call-back-to-call = Back to the call
call-goes-on = Running call
call-time = Call time
call-connecting = Connecting
call-missing-devices = Waiting for the microphone. Your browser may be asking whether it may be used here.
call-missing-server = The server has not answered yet.
call-missing-addresses = { $name } answered, but has not said yet where to be reached.
call-missing-path = Both sides try every way to each other, also through the server. None works yet.
call-missing-seal = A way is found. Both sides are agreeing on keys.
call-missing-sound = You are connected, but no sound of { $name } has arrived yet.
call-no-addresses = { $name } answered, but never said where to be reached. Try again.
call-no-device = The browser gave no microphone within a minute. Answer its question, then call again.
call-connected = Connected
call-speaking = Speaking
call-muted = You are muted. Press M to speak.
call-their-microphone-off = { $name } has the microphone off
call-tap-to-hear = Tap to hear
call-screen = Screen
call-screen-of = { $name }’s screen
call-screen-blocked = Your system does not let the browser see the screen. Allow screen recording for it in the system’s settings.
call-sharing = You are sharing your screen
call-sharing-stop = Stop
call-more = More
call-hold = Put on hold
call-resume = Go on
call-other = The other call
call-on-hold = { $name } is on hold
call-swap = Swap
call-hang-up-other = Hang up
call-held-by-you = On hold. { $name } hears and sees nothing.
call-held-by-them = { $name } put you on hold. Nothing of you is sent.
call-their-microphone-gone = { $name } has no microphone now
call-nobody-hears = Nobody can hear you: there is no microphone. Plug one in, and the call goes on with it.
call-news-microphone-gone = Your microphone is gone. In use now: { $device }
call-news-microphone-back = Microphone in use again: { $device }
call-news-microphone-changed = The system took another microphone: { $device }
call-news-camera-gone = Your camera is gone. In use now: { $device }
call-news-camera-back = Camera in use again: { $device }
call-news-camera-changed = The system took another camera: { $device }
call-news-speaker-gone = Your speakers are gone. Sound comes from: { $device }
call-news-speaker-back = Speakers in use again: { $device }
call-pip = Picture in picture
call-quality = Quality of the call
call-quality-heard = From { $name } to you
call-quality-sent = From you to { $name }
call-quality-unknown = Not known yet
call-cause-lost = Packets get lost on the way.
call-cause-concealed = Packets come too late to be played.
call-cause-rtt = The way is long: people talk into each other.
call-cause-jitter = Packets come unevenly.
call-quality-good = Good
call-quality-gaps = Some gaps
call-quality-hard = Hard to hear
call-lost-ours = Your network changed. Finding another way, { $seconds } s so far.
call-lost-theirs = { $name }’s connection dropped. Waiting.
call-lost-hint = You do not need to hang up. The call ends by itself after 30 s without a path.
call-back-after = Back after { NUMBER($seconds, maximumFractionDigits: 1) } s
call-lost-away = { $name } is away for a moment. Waiting, { $seconds } s left.
call-lost-away-spoken = { $name } is away for a moment. Waiting.
call-lost-away-hint = The page of { $name } was closed or loaded again, or lost its connection. The call goes on when it is back.
call-moved = The call goes on on your other device
call-return-title = You were in a call with { $name }
call-return-waits = The other side waits { $seconds } s more.
call-return = Return to the call
call-return-leave = End the call
call-elsewhere-title = You are in a call with { $name }, in another tab or on another device
call-elsewhere-take = Take the call here
call-echo-greeting = echo is greeting you
call-echo-speak = Speak now, { $seconds } s
call-echo-speak-now = Speak now
call-echo-listening = Speak now
call-echo-playing = This is what arrived
call-echo-done = That was all. The result is in the chat.

## It is over

call-ended-voice = Voice call ended
call-ended-video = Video call ended
call-verdict-good = Sounded good
call-verdict-gaps = Some gaps
call-verdict-hard = Hard to hear
call-not-answered = { $name } did not answer. Leave a message?
call-no-path = No way through to { $name }. Try again, or try another network.
call-no-seal = The two ends could not seal the call, so it did not begin. Try again.
call-lost-talking = The connection to { $name } was lost for more than 30 s.
call-lost-before = The call to { $name } broke off before it began. Try again.
call-back-to-chat = Back to chat
call-write-message = Write a message
call-again = Call again
call-inspect = Inspect
call-inspect-this = Inspect this call
call-trend-good = Quality over the call: good throughout
call-trend-dip = Quality over the call: worst after { $time }

## Calls of the past

call-list-loading = Calls are on their way
call-list-failed = The calls did not load.
call-list-empty = No calls yet
call-list-empty-text = Call echo: you hear yourself, and learn how your sound arrives.
call-list-more = Older calls
call-list-choose = Choose a call
call-list-choose-text = It explains itself: who told whom what, when, and how it sounded.
call-past-open = Going on now
call-past-out = You called · { $time }
call-past-in = Called you · { $time }
call-past-lost-out = You called · broke off after { $time }
call-past-lost-in = Called you · broke off after { $time }
call-past-failed = No way through
call-past-not-answered = Not answered
call-past-cancelled = Cancelled
call-past-declined = Declined
call-past-missed = Missed
call-past-missed-busy = Missed, in a call

## The page of a call

call-page-title = Call with { $name }
call-page-loading = The call is on its way
call-page-failed = This call did not load, or is kept no longer.
call-back-voice = Call back
call-back-video = Call back with video
call-no-report-theirs = The other end sent no report.
call-no-report-own = This end sent no report.
call-sequence = What happened, in order
call-sequence-rows = Steps of the call
call-sequence-empty = Nothing is kept of this call but its line in the history.
call-sequence-note = Times are seconds by the server’s clock from the first step. An end’s own times may be off by what stands under its name.
call-lane-server = Server
call-lane-relay = Relay
call-lane-clock = sets the clock
call-lane-passes = passes media on
call-lane-no-report = no report
call-clock-error = ± { $value }
call-seq-invite = Invite (offer)
call-seq-ring = Ring
call-seq-ringing = Ringing
call-seq-accept = Accept (answer)
call-seq-signals = Signals
call-seq-decline = Decline
call-seq-connected = Connected
call-seq-first_check = First check
call-seq-valid_pair = Valid pair
call-seq-sealed = DTLS, sealed
call-seq-first_audio = First audio
call-seq-first_video = First video
call-seq-path_changed = Path changed
call-seq-hold = Hold
call-seq-resume = Resume
call-seq-screen = Screen shown
call-seq-screen_end = Screen ended
call-seq-leave = Leave
call-seq-end = End
call-seq-report = Report
call-seq-other = Step
call-seq-times = { $what } × { $count }
call-seq-gap = { $what }: unknown
call-seq-say-gap = { $what }, at { $at }
call-seq-say-point = { $time } s: { $what }, at { $at }
call-seq-say-arrow = { $time } s: { $what }, from { $from } to { $to }
call-figures = Figures of the sound
call-fact-lasted = Lasted
call-fact-path = Path
call-fact-rtt = Round trip
call-fact-lost = Lost
call-fact-jitter = Jitter
call-fact-concealed = Made up
call-fact-recovered = Packets recovered
call-fact-sent = Packets sent
call-fact-received = Packets received
call-fact-level = Level that came in
call-fact-codec = Codec
call-fact-frames = Frames of video
call-fact-video-codec = Codec of the video
call-fact-clock = Clock
call-fact-ended = Ended by
call-fact-agent = Program
call-pairs = Pairs that were tried
call-pairs-seen = As { $name } saw them
call-pairs-own = As this end saw them
call-pairs-none = None were reported.
call-pairs-all = Show all pairs
call-pairs-few = Show fewer pairs
call-pair-state = State
call-pair-used = used
call-pair-local = Near end
call-pair-remote = Far end
call-pair-checks = Checks
call-address-hidden = hidden by the browser

## The sound test

call-test-title = Sound test
call-test-level = Level
call-advice-good = Your sound arrives clear and loud enough. Nothing needs to change.
call-advice-quiet = Your microphone is a little quiet: move closer or raise it in Settings.
call-advice-silent = We heard nothing from your microphone: choose another in Settings, or see whether it is muted.
call-advice-clipped = Your microphone is too loud and distorts: move away or lower it.
call-advice-noisy = Something around you is loud: people hear it under your voice. Close a window, or use a headset.
call-advice-lossy = Parts of your sound got lost on the way: come closer to the access point, or use a cable.
call-advice-jittery = Your sound arrived unevenly: pause large downloads, or use a cable.
call-advice-slow = Your sound takes long to arrive: people will talk into each other. Try another network.
call-card-unknown = This card needs a newer page. Load the page again.

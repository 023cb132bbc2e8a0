# Files on their way, pictures that are looked at: loaded with the first of them.

files-chosen = Files to be sent
files-most = A message carries up to { $count } files. The others wait here for the next one.
file-unchoose = Leave out { $file }
file-waits = Waits its turn
file-sending = { $percent }
file-paused = Paused at { $percent }. It goes on by itself when you are connected.
file-trying = Paused at { $percent }: the server takes nothing just now. Trying again.
file-checking = All there. The server is looking at it.
file-there = Uploaded
file-cancel = Cancel sending
file-without = Send without { $file }
file-pick-again = Pick the file again
file-other = That is another file. Pick the one called { $file }, of { $size }.

## Why a file was not taken, by code

file-error-object_empty = { $file } is empty. There is nothing to send.
file-error-object_too_large = { $file } has { $size }. This server takes up to { $limit }.
file-error-quota = Your files fill the { $limit } you have here. Remove messages with files, then try again.
file-error-quota_all = This server has no more room for files. Tell the person who runs it.
file-error-objects_full = You have { $count } files here, and that is the most. Remove messages with files, then try again.
file-error-disk_full = The server’s disk is full. Nothing that was sent is lost. Tell the person who runs it, or try again later.
file-error-picture_broken = { $file } is a damaged picture. Open it, save it anew, and send that.
file-error-picture_kind = { $file } may say where it was taken, and that cannot be taken out of this kind of picture here. Save it as JPEG or PNG, or pack it into an archive.
file-error-picture_pixels = { $file } has more pixels than this server takes. Make it smaller, or pack it into an archive.
file-error-picture_frames = { $file } is longer than moving pictures may be here. Make it shorter, or pack it into an archive.
file-error-picture_bytes = { $file } is larger than pictures may be here. Make it smaller, or pack it into an archive.
file-error-no_picture = { $file } is not a picture that can be used here. Choose a JPEG, PNG, GIF or WebP file.
file-error-file_lost = { $file } was not all there when this page was closed, and your browser did not keep it. Pick it again: what the server has already is not sent twice.
file-error-file_unreadable = { $file } cannot be read any more: it was moved, changed or removed. Pick it again.
file-error-file_changed = { $file } changed while it was being sent. Pick it again.
file-error-proxy_too_large = A proxy before the server refuses even { $limit } at once. Tell the person who runs the server.
file-error-proxy_refused = Something between you and the server lets no files through. Try another network, or tell the person who runs the server.
file-error-upload_cut = The way to the server breaks off again and again. Try again, or from another network.
file-error-upload_unavailable = The server did not take it, however often it was tried. Try again later.
file-error-unavailable = The server did not take it, however often it was tried. Try again later.
file-error-grants = This file was passed on too often. Send it as a new file.

## Pictures

viewer = Picture: { $file }
viewer-picture = The picture
viewer-count = { $at } of { $count }
viewer-before = Earlier picture
viewer-after = Later picture
viewer-larger = Larger
viewer-smaller = Smaller
viewer-failed = This picture did not load.
viewer-help = Arrow keys go to other pictures, plus and minus change the size, Escape closes.
picture-choose = Choose a picture
picture-change = Change the picture
picture-remove = Take it away
picture-removed = Picture taken away.
picture-set = Picture changed.
picture-cut = Choose what shows
picture-cut-help = Move it with the pointer or the arrow keys.
picture-part = What shows
picture-zoom = Size
picture-use = Use this picture
picture-none = There is no picture yet

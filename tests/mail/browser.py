"""Pages shown in a real browser, Debian's Chromium: what ran in them, and what they asked the world for."""
import contextlib
import http.server
import re
import shutil
import subprocess
import tempfile
import threading

PROGRAM = "/usr/bin/chromium"
WORDS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions",
         "--disable-dev-shm-usage", "--virtual-time-budget=20000", "--dump-dom"]
PATIENCE = 180

# What is shown stands here as it would in a page without any other fence: no policy, no frame of its own. It is shown
# as it is, and once more by a script. Then each element is told of all that a person or a browser may do to it.
BEFORE = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>quiet</title><script>
function tell(word) {{ fetch('/' + word + '/{number}', {{keepalive: true}}); }}
function ran() {{ tell('ran'); }}
window.alert = window.confirm = window.prompt = ran;
</script></head><body><div id="shown">"""
AFTER = """</div><div id="again"></div><script>
document.getElementById('again').innerHTML = document.getElementById('shown').innerHTML;
addEventListener('load', function () {{
  for (const element of document.body.querySelectorAll('*')) {{
    if (element.localName === 'script') continue;
    for (const name of {events})
      element.dispatchEvent(new Event(name, {{cancelable: true}}));
    if (typeof element.click === 'function' && !/^(https?|mailto|tel):$/.test(element.protocol || ''))
      element.click();
  }}
  tell('whole');
}});
</script></body></html>"""


class Recorder(http.server.ThreadingHTTPServer):
    """Serves the pages, and notes what they tell. What is asked of other hosts comes here too, as to a proxy."""
    daemon_threads = True

    def __init__(self, pages):
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages, self.told, self.elsewhere = pages, {"ran": set(), "whole": set()}, set()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        page = b""
        if not self.path.startswith("/"):
            self.server.elsewhere.add(self.path)
        elif self.path == "/":
            page = "".join(f"<iframe src='/page/{number}'></iframe>" for number in range(len(self.server.pages))).encode()
        elif found := re.fullmatch(r"/(page|ran|whole)/(\d+)", self.path):
            number = int(found[2])
            if found[1] == "page":
                page = self.server.pages[number]
            else:
                self.server.told[found[1]].add(number)
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def do_CONNECT(self):
        self.server.elsewhere.add(self.path)
        self.send_error(502)

    do_POST = do_HEAD = do_GET

    def log_message(self, *_):
        pass


def page_of(number, text, events):
    """A page that shows a text of HTML, in bytes."""
    return (BEFORE.format(number=number).encode() + text + AFTER.format(number=number, events=events).encode())


def show(texts, events):
    """Shows each text of HTML on a page of its own: the numbers of those that ran something, of those after which the
    page went on, and the addresses elsewhere that were asked for."""
    recorder = Recorder([page_of(number, text, events) for number, text in enumerate(texts)])
    threading.Thread(target=recorder.serve_forever, daemon=True).start()
    folder = tempfile.mkdtemp()
    here = "http://127.0.0.1:%d" % recorder.server_port
    try:
        subprocess.run([PROGRAM, *WORDS, f"--user-data-dir={folder}", f"--proxy-server={here}", f"{here}/"],
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True, timeout=PATIENCE)
    finally:
        recorder.shutdown()
        recorder.server_close()
        with contextlib.suppress(OSError):
            shutil.rmtree(folder)
    return recorder.told["ran"], recorder.told["whole"], recorder.elsewhere

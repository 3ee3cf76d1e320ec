"""Clients that are slow, silent, many, or gone: they harm only themselves."""
import time

from case import SESSION, WHO, WHO_AM_I, envelope, head, post
from svyaz.raw import Line

# Short times, so that the test need not wait for the documented ones.
SETTINGS = ("http.head_timeout=1 s", "http.request_timeout=4 s", "http.idle_timeout=2 s",
            "http.requests_per_connection=5", "http.connections_per_source=20",
            "limits.attachment=64 KiB")


def ended_within(line, seconds):
    """Why a connection was not ended in time; None when it was."""
    begin = time.monotonic()
    answer = line.answer() if not line.socket.settimeout(seconds) else None
    if answer is not None and answer.status != 408:
        return f"HTTP {answer.status}"
    if not line.is_closed(seconds):
        return f"still open after {time.monotonic() - begin:.1f} s"
    return None


def silent(port):
    """Connects and says nothing."""
    with Line(port) as line:
        return ended_within(line, 8)


def half_a_head(port):
    with Line(port) as line:
        line.send(post(WHO_AM_I)[:30])
        return ended_within(line, 8)


def head_by_the_byte(port):
    """A byte each tenth of a second: the time of the head is counted from its first byte."""
    with Line(port) as line:
        begin = time.monotonic()
        for byte in post(WHO_AM_I)[:150]:
            line.send(bytes([byte]))
            time.sleep(0.1)
            if line.is_closed(0.001):
                return None
            if line.buffer:
                return ended_within(line, 5)
        return f"still served after {time.monotonic() - begin:.1f} s"


def half_a_body(port):
    with Line(port) as line:
        line.send(post(WHO_AM_I)[:-30])
        return ended_within(line, 12)


def gone_in_the_middle(port):
    """Clients that leave in the middle of a request, fifty times."""
    for count in range(50):
        with Line(port) as line:
            line.send(post(WHO_AM_I)[:20 + 5 * count])
    time.sleep(1)
    return None


def answer_not_read(port):
    """Asks for a large page again and again and never reads an answer."""
    ask = head([("Host", "x")], "GET", "/soap/All?wsdl")
    with Line(port) as line:
        line.socket.settimeout(1)
        try:
            for _ in range(5):
                line.socket.sendall(ask)
        except OSError:
            pass
        time.sleep(1)
    return None


def too_many_requests(port):
    with Line(port) as line:
        for count in range(1, 6):
            line.send(post(WHO_AM_I))
            answer = line.answer()
            if answer is None or answer.status != 200:
                return f"request {count} of 5 was not served"
        return None if answer.says_close() and line.is_closed() else "the connection stays open"


def too_many_connections(port):
    lines = [Line(port) for _ in range(20)]
    try:
        with Line(port, 5) as line:
            line.send(post(WHO_AM_I))
            answer = line.answer()
            if answer is not None and answer.status != 503:
                return f"the connection above the limit was served: HTTP {answer.status}"
    finally:
        for line in lines:
            line.close()
    time.sleep(0.3)
    return None


def pipelined(port):
    """Three requests in one piece: three answers, in order."""
    with Line(port) as line:
        wrong = post(envelope("<Nothing/>"))
        line.send(post(WHO_AM_I) + wrong + post(WHO_AM_I))
        answers = [line.answer() for _ in range(3)]
    statuses = [answer.status if answer else None for answer in answers]
    return None if statuses == [200, 500, 200] else f"the answers are {statuses}"


def surplus_is_the_next_request(port):
    """What follows a body is a request of its own, never part of the answer before it."""
    with Line(port) as line:
        line.send(post("<wrong/>") + head([("Host", "x")], "GET", "/soap"))
        answers = [line.answer() for _ in range(2)]
    statuses = [answer.status if answer else None for answer in answers]
    return None if statuses == [500, 200] else f"the answers are {statuses}"


def surplus_that_is_no_request(port):
    """A body longer than announced: its rest is refused, and the connection ended."""
    with Line(port) as line:
        line.send(post(WHO_AM_I, Content_Length=20))
        answers = [line.answer() for _ in range(2)]
        statuses = [answer.status if answer else None for answer in answers]
        if statuses != [500, 400]:
            return f"the answers are {statuses}"
        return None if line.is_closed() else "the connection stays open"


def credentials_of_the_request_before(port):
    """Who proved himself in one request has to do so in the next, on the same connection."""
    bare, session = {"drop": ("Authorization",)}, f'<Session xmlns="{SESSION}"><token>x</token></Session>'
    with Line(port) as line:
        line.send(post(WHO_AM_I) + post(WHO_AM_I, **bare) + post(envelope(WHO, session), **bare) + post(WHO_AM_I))
        statuses = [answer.status if answer else None for answer in (line.answer() for _ in range(4))]
    return None if statuses == [200, 401, 500, 200] else f"the answers are {statuses}"


def dribbled(port):
    """A good request in pieces of seven bytes is a good request."""
    data = post(WHO_AM_I)
    with Line(port) as line:
        for begin in range(0, len(data), 7):
            line.send(data[begin:begin + 7])
        answer = line.answer()
    return None if answer and answer.status == 200 else "it was not served"


def close_is_honoured(port):
    with Line(port) as line:
        line.send(post(WHO_AM_I, Connection="close"))
        answer = line.answer()
        if answer is None or answer.status != 200:
            return "it was not served"
        return None if line.is_closed() else "the connection stays open"


def half_closed(port):
    """A client that ends its side after a whole request still gets the answer."""
    with Line(port) as line:
        line.send(post(WHO_AM_I))
        line.end_sending()
        answer = line.answer()
    return None if answer and answer.status == 200 else "no answer"


TESTS = [silent, half_a_head, head_by_the_byte, half_a_body, gone_in_the_middle, answer_not_read,
         too_many_requests, too_many_connections, pipelined,
         credentials_of_the_request_before, surplus_is_the_next_request, surplus_that_is_no_request, dribbled, close_is_honoured, half_closed]

"""What an honest client does when the server is busy: it waits, and sends again. Every client of the tests keeps to it."""
import time

PATIENCE = 60  # seconds; a machine that builds and tests at once may pause for long
PAUSE = 0.2


def is_busy(answer):
    """Whether a request was turned away before anybody looked at it: HTTP 503 with a word when to come again, and no
    SOAP. A fault is an answer, and so is what the operators' listener says of readiness."""
    if answer is None:
        return False
    lines = {name.lower(): value for name, value in answer.headers.items()}
    return answer.status == 503 and "retry-after" in lines and "xml" not in lines.get("content-type", "")


def until_served(send):
    """What send() answers, something with `status` and `headers` or None; while the server is busy it is called again, for
    a minute at most. What comes then is the answer."""
    deadline = time.monotonic() + PATIENCE
    while is_busy(answer := send()) and time.monotonic() < deadline:
        time.sleep(PAUSE)
    return answer

"""A server of pages that takes its time for each, and counts how many are asked for at once."""

import asyncio
import time

from .corpus import JSON_TYPE


class Pages:
    """What a server of pages answers, and when it did."""

    def __init__(self, answers, delay):
        self.answers = answers
        self.delay = delay
        self.answered = self.in_flight = self.peak = 0
        self.first = self.last = None

    def begin(self):
        self.first = self.first or time.monotonic()
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)

    def end(self):
        self.last = time.monotonic()
        self.in_flight -= 1
        self.answered += 1


class PageConnection(asyncio.Protocol):
    """One connection that is kept open, and that brings one request after the other."""

    def __init__(self, pages):
        self.pages = pages
        self.head = b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.head += data
        while b"\r\n\r\n" in self.head:
            head, _, self.head = self.head.partition(b"\r\n\r\n")
            target = head.split(b" ", 2)[1].decode()
            body = self.pages.answers.get(target)
            if body is not None and target != "/simple/":
                self.pages.begin()
                asyncio.get_running_loop().call_later(self.pages.delay, self.answer, body, True)
            else:
                self.answer(body, False)

    def answer(self, body, is_page):
        status = "404 Not Found" if body is None else "200 OK"
        body = body or b""
        head = f"HTTP/1.1 {status}\r\nContent-Type: {JSON_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
        self.transport.write(head.encode() + body)
        if is_page:
            self.pages.end()

"""A headless Chromium in a namespace, driven by the DevTools protocol over two pipes: no port, no client library.
https://chromedevtools.github.io/devtools-protocol/"""

import json
import os
import select
import subprocess
import time

from .process import SLOW, LabError, die_with_parent, wait_until

_ANSWER_SECONDS = 20
_PIPES = (3, 4)  # where Chromium reads commands and writes answers


class _Pipes:
    """Messages are JSON, ended by a zero octet."""

    def __init__(self, to_browser, from_browser):
        self._to, self._from = to_browser, from_browser
        self._read = b""
        self._waiting = []

    def send(self, message):
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data):]

    def receive(self, seconds):
        """The next message, or None where none comes in time."""
        end = time.monotonic() + seconds
        while not self._waiting:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self._from], [], [], left)[0]:
                return None
            data = os.read(self._from, 1 << 16)
            if not data:
                raise LabError("the browser has ended")
            *whole, self._read = (self._read + data).split(b"\0")
            self._waiting = [json.loads(one) for one in whole]
        return self._waiting.pop(0)


class Browser:
    """One browser with one page. It keeps what it saw happen: requests' addresses, errors of the console, violations of the
    Content-Security-Policy, exceptions."""

    def __init__(self, space, folder, width=1000, height=900):
        profile = os.path.join(folder, "browser")
        own_read, browser_write = os.pipe()
        browser_read, own_write = os.pipe()
        command = space.command(
            "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-breakpad",
            "--disable-extensions", "--force-device-scale-factor=1", f"--user-data-dir={profile}",
            "--remote-debugging-pipe", "about:blank")
        self._log = open(os.path.join(folder, "browser.err"), "wb")

        def before():
            die_with_parent()
            # Over numbers of their own first: a pipe may have one of the two already.
            read, write = os.dup(browser_read), os.dup(browser_write)
            high = [os.dup2(fd, 100 + i) for i, fd in enumerate((read, write))]
            for fd, number in zip(high, _PIPES):
                os.dup2(fd, number)

        self._process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=self._log,
                                         stderr=self._log, preexec_fn=before, close_fds=False, start_new_session=True,
                                         env={**os.environ, "HOME": folder})
        os.close(browser_read)
        os.close(browser_write)
        self._ends = (own_read, own_write)
        self._pipes = _Pipes(own_write, own_read)
        self._serial, self._session = 0, None
        self.requests, self.problems = [], []
        self._open_page(width, height)

    def _open_page(self, width, height):
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log", "Audits"):
            self._call(f"{domain}.enable")
        self.resize(width, height)

    def _call(self, method, **parameters):
        self._serial += 1
        message = {"id": self._serial, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._pipes.send(message)
        end = time.monotonic() + _ANSWER_SECONDS * SLOW
        while True:
            answer = self._pipes.receive(max(0, end - time.monotonic()))
            if answer is None:
                raise LabError(f"the browser did not answer {method}")
            if answer.get("id") == self._serial:
                if "error" in answer:
                    raise LabError(f"{method}: {answer['error']}")
                return answer["result"]
            self._note(answer)

    def _note(self, event):
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.problems.append(json.dumps(parameters["exceptionDetails"]))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.problems.append(json.dumps(parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.problems.append(f"{parameters['entry']['text']} {parameters['entry'].get('url', '')}")
        elif method == "Audits.issueAdded" and parameters["issue"]["code"] == "ContentSecurityPolicyIssue":
            self.problems.append(json.dumps(parameters["issue"]["details"]))

    def go(self, url):
        answer = self._call("Page.navigate", url=url)
        if "errorText" in answer:
            raise LabError(f"{url}: {answer['errorText']}")
        wait_until(lambda: self.run("document.readyState") == "complete", f"{url} to be loaded")

    def run(self, expression):
        """The value of a JavaScript expression on the page; a promise's result."""
        answer = self._call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise LabError(f"{expression}: {json.dumps(answer['exceptionDetails'])}")
        return answer["result"].get("value")

    def text(self, selector):
        return self.run(f"document.querySelector({json.dumps(selector)}).innerText.trim()")

    def rows(self, body):
        """The texts of a table body's cells: [[...], ...]."""
        return self.run(f"[...document.getElementById({json.dumps(body)}).rows].map("
                        "(row) => [...row.cells].map((cell) => cell.textContent))")

    def resize(self, width, height=900, phone=False):
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=phone)

    def prefer(self, scheme):
        """`light` or `dark`."""
        self._call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def scripts(self, enabled):
        self._call("Emulation.setScriptExecutionDisabled", value=not enabled)

    def hide(self, hidden):
        """Makes the page believe that its tab is hidden, or shown again."""
        self.run(f"Object.defineProperty(document, 'hidden', {{configurable: true, value: {json.dumps(hidden)}}}),"
                 "document.dispatchEvent(new Event('visibilitychange'))")

    def screenshot(self, width, height):
        """The upper part of the page as PNG, in base64."""
        clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
        return self._call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)["data"]

    def stop(self):
        try:
            self._session = None
            self._call("Browser.close")
            self._process.wait(10)
        except (LabError, OSError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        for fd in self._ends:
            os.close(fd)
        self._log.close()

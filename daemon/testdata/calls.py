"""calls.py PID COUNT: prints the files that a process opens, by way of utrace serve."""
import array, json, os, socket, sys

pid, count = int(sys.argv[1]), int(sys.argv[2])
path = os.environ.get("UTRACE_SOCKET") or os.environ["XDG_RUNTIME_DIR"] + "/utrace/owner"
owner = socket.socket(socket.AF_UNIX)
owner.connect(path)
unread, events = b"", []


def receive():
    """The next message, with the descriptors that came with it."""
    global unread
    fds = array.array("i")
    while b"\n" not in unread:
        data, ancillary, _, _ = owner.recvmsg(1 << 16, socket.CMSG_SPACE(4))
        if not data:
            sys.exit("the owner has ended the connection")
        unread += data
        for _, _, cmsg in ancillary:
            fds.frombytes(cmsg)
    line, unread = unread.split(b"\n", 1)
    return json.loads(line), fds


def call(method, fds=(), **params):
    """Make a request and wait for its answer. Events are kept for later."""
    message = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params, "fds": len(fds)}
    line = json.dumps(message).encode() + b"\n"
    rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
    sent = owner.sendmsg([line], rights)
    owner.sendall(line[sent:])
    while True:
        message, got = receive()
        if "id" not in message:
            events.append(message)
        elif "error" in message:
            sys.exit(method + ": " + message["error"]["message"])
        else:
            return message["result"], got


call("owner.hello", versions=[1])
memory = os.open("/proc/%d/mem" % pid, os.O_RDWR)
attached, _ = call("engine.attach", [memory], thread=pid, scope="tree", name="calls.py",
                   events=["syscall-entry"], wait=["syscall-entry"])
os.close(memory)
while count > 0:
    message = events.pop(0) if events else receive()[0]
    event = message["params"]
    if message["method"] != "event":
        break
    if event["number"] == 257 and event["arch"] == 0xC000003E:  # openat of x86_64
        found, (fd,) = call("memory.read", attachment=attached["attachment"], thread=event["thread"],
                            ranges=[{"addr": event["args"][1], "len": 4096}], descriptor=True)
        print(os.pread(fd, found["lengths"][0], 0).split(b"\0")[0].decode(), flush=True)
        os.close(fd)
        count -= 1
    call("engine.answer", seq=event["seq"])
call("engine.detach", attachment=attached["attachment"])

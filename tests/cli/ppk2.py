# ppk2.py COMMAND...: a simulated PPK2 at a pseudo terminal; runs the command with PORT replaced by its name.
# 20 mA, and 80 mA for 12 of every 20 ms while logic pin 0 is high, at 100 kHz; no gains, no offsets, ranges 3 and 4.
import os, pty, select, struct, subprocess, sys, tty

R = [1000.0, 100.0, 10.0, 1.0, 0.05]
META = "".join("%s%d: %g\n" % (k, i, v[i]) for k, v in (("R", R), ("GS", [0] * 5), ("GI", [1] * 5), ("O", [0] * 5),
               ("S", [0] * 5), ("I", [0] * 5), ("UG", [1] * 5)) for i in range(5)) + "END\n"

def word(i):
    high = 500 <= i % 2000 < 1700
    amps, r = (0.080, 4) if high else (0.020, 3)
    return round(amps * R[r] * 163840 / 1.8 / 4) | r << 14 | i % 64 << 18 | high << 24

block = b"".join(struct.pack("<I", word(i)) for i in range(8000))  # pulses and counter begin anew together
master, slave = pty.openpty()
tty.setraw(slave)
child = subprocess.Popen([os.ttyname(slave) if a == "PORT" else a.replace("PORT", os.ttyname(slave)) for a in sys.argv[1:]])
os.set_blocking(master, False)
running, at = False, 0
while child.poll() is None:
    readable, writable, _ = select.select([master], [master] if running else [], [], 0.05)
    for c in os.read(master, 64) if readable else b"":
        if c == 0x19:
            os.write(master, META.encode())
        running = c == 0x06 or (running and c != 0x07)
    if running and writable:
        at = (at + os.write(master, block[at:at + 4096])) % len(block)
sys.exit(child.returncode)

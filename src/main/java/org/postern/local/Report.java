package org.postern.local;

import java.io.ByteArrayOutputStream;
import org.postern.os.Octets;

/** What a delivery says, gathered up to a limit. Programs write to it from a thread of their own. */
final class Report {
    /** qmail-lspawn's truncreport, in octets. */
    private static final int LONGEST = 3000;

    private static final String CUT = "\nError report too long, sorry.\n";

    private final ByteArrayOutputStream octets = new ByteArrayOutputStream();

    synchronized void add(byte[] from, int length) {
        octets.write(from, 0, Math.min(length, LONGEST + 1 - octets.size()));
    }

    /** A sentence, on a line of its own. */
    void line(String text) {
        byte[] line = Octets.bytes(text + "\n");
        add(line, line.length);
    }

    /** All of it, cut at the first NUL as qmail-lspawn does. */
    synchronized String text() {
        String all = Octets.of(octets.toByteArray());
        String text = all.length() > LONGEST ? all.substring(0, LONGEST - CUT.length() - 3) + CUT : all;
        int nul = text.indexOf('\0');
        return nul < 0 ? text : text.substring(0, nul);
    }
}

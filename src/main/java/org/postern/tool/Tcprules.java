package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import org.postern.chain.Tool;
import org.postern.file.CdbWriter;
import org.postern.file.Disk;
import org.postern.os.Errno;
import org.postern.tcp.Connection;
import org.postern.tcp.RuleCompiler;
import org.postern.tcp.RuleLine;

/**
 * {@code tcprules rules.cdb rules.tmp}: compiles the rules on descriptor 0 for tcpserver's -x, as ucspi-tcp 0.88. They are
 * written to rules.tmp, which is then renamed, so tcpserver sees the old rules or the new ones. Exit 0; 100: misuse, or a
 * line that cannot be parsed; 111: a file, the input.
 */
public final class Tcprules implements Tool {
    private static final String USAGE = "tcprules: usage: tcprules rules.cdb rules.tmp";

    /** The longest line taken, in octets. */
    private static final int LINE_LIMIT = 1 << 20;

    /** How long to wait for input: somebody may be typing it. */
    private static final Duration INPUT_LIMIT = Duration.ofDays(1);

    private final Disk disk;

    public Tcprules(Disk disk) {
        this.disk = disk;
    }

    @Override
    public Exit run(Invocation call) {
        List<String> names = call.args().arguments();
        if (names.size() < 2) {
            call.fds().log().line(USAGE);
            return Exit.code(100);
        }
        String cdb = names.get(0);
        String temporary = names.get(1);
        CdbWriter writer;
        try {
            writer = CdbWriter.create(FileName.of(call, temporary));
        } catch (IOException e) {
            return fatal(call, "unable to create " + temporary, e);
        }
        try (writer) {
            Exit compiled = compile(call, writer);
            if (!compiled.equals(Exit.code(0))) {
                return compiled;
            }
            writer.finish();
        } catch (IOException e) {
            return fatal(call, "unable to write to " + temporary, e);
        }
        return move(call, temporary, cdb);
    }

    /** The cdb's records, from the input's lines. What it throws is the writer's. */
    private static Exit compile(Invocation call, CdbWriter writer) throws IOException {
        RuleCompiler compiler =
                new RuleCompiler(writer, warning -> call.fds().log().line("tcprules: warning: " + warning));
        while (true) {
            String line;
            try {
                line = nextLine(call.fds().connection());
            } catch (IOException e) {
                return fatal(call, "unable to read input", e);
            }
            if (line.isEmpty()) {
                return Exit.code(0);
            }
            if (compiler.add(line) instanceof RuleLine.Unparsable(String text)) {
                // The original prints a C string.
                int nul = text.indexOf('\0');
                String shown = nul < 0 ? text : text.substring(0, nul);
                call.fds().log().line("tcprules: fatal: unable to parse this line: " + shown);
                return Exit.code(100);
            }
        }
    }

    /** With its line feed, if it has one; empty at the end. */
    private static String nextLine(Connection input) throws IOException {
        StringBuilder line = new StringBuilder();
        int octet;
        do {
            octet = input.read(INPUT_LIMIT);
            if (octet >= 0) {
                line.append((char) octet);
            }
            if (line.length() > LINE_LIMIT) {
                throw new IOException("a line has more than " + LINE_LIMIT + " octets");
            }
        } while (octet >= 0 && octet != '\n');
        return line.toString();
    }

    private Exit move(Invocation call, String temporary, String cdb) {
        Path moved;
        try {
            moved = FileName.of(call, cdb);
            disk.rename(FileName.of(call, temporary), moved);
        } catch (IOException e) {
            return fatal(call, "unable to move " + temporary + " to " + cdb, e);
        }
        try {
            disk.syncDirectory(Objects.requireNonNull(moved.toAbsolutePath().getParent()));
        } catch (IOException e) {
            // The new rules are in place. After a power cut the old ones may be.
            call.fds()
                    .log()
                    .line("tcprules: warning: unable to sync the directory of " + cdb + ": " + Errno.djbText(e));
        }
        return Exit.code(0);
    }

    private static Exit fatal(Invocation call, String what, IOException why) {
        call.fds().log().line("tcprules: fatal: " + what + ": " + Errno.djbText(why));
        return Exit.code(111);
    }
}

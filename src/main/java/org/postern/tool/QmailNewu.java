package org.postern.tool;

import java.io.IOException;
import org.postern.chain.Tool;
import org.postern.file.CdbWriter;
import org.postern.file.Disk;
import org.postern.file.OctetLines;
import org.postern.users.AssignCompiler;
import org.postern.users.AssignLine;

/**
 * {@code qmail-newu}: compiles /var/qmail/users/assign into users/cdb, which delivery looks into before it asks anyone
 * else whose mail an address is (another home: QMAILHOME). Exit 0, or 111: the old assignments stay.
 */
public final class QmailNewu implements Tool {
    private final CdbFromLines cdb;

    public QmailNewu(Disk disk) {
        cdb = new CdbFromLines("qmail-newu", "users/assign", "users/cdb", disk);
    }

    @Override
    public Exit run(Invocation call) {
        return cdb.make(call, writer -> new Assigning(writer, call));
    }

    private final class Assigning implements CdbFromLines.Compiler {
        private final AssignCompiler compiler;

        Assigning(CdbWriter writer, Invocation call) {
            compiler = new AssignCompiler(writer, warning -> cdb.warn(call, warning));
        }

        @Override
        public CdbFromLines.Next add(OctetLines.Line line) throws IOException {
            return switch (compiler.add(line.text())) {
                case AssignLine.End _ -> CdbFromLines.Next.ENOUGH;
                case AssignLine.Malformed(String why) ->
                    throw new CdbFromLines.Malformed("line " + line.number() + ": " + why);
                // A last line without its line feed is no line with a dot either.
                case AssignLine.Assigns _ -> line.ended() ? CdbFromLines.Next.GO_ON : end();
            };
        }

        @Override
        public CdbFromLines.Next end() throws CdbFromLines.Malformed {
            throw new CdbFromLines.Malformed(
                    "the line with a dot that ends it is missing, so it may have been cut; write it behind the last line");
        }
    }
}

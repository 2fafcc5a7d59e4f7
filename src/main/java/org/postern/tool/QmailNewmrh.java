package org.postern.tool;

import java.io.IOException;
import org.postern.chain.Tool;
import org.postern.config.RcptHostsCompiler;
import org.postern.file.CdbWriter;
import org.postern.file.Disk;
import org.postern.file.OctetLines;

/**
 * {@code qmail-newmrh}: compiles /var/qmail/control/morercpthosts, which continues rcpthosts, into morercpthosts.cdb
 * (another home: QMAILHOME). Exit 0, or 111: the old names stay.
 */
public final class QmailNewmrh implements Tool {
    private final CdbFromLines cdb;

    public QmailNewmrh(Disk disk) {
        cdb = new CdbFromLines("qmail-newmrh", "control/morercpthosts", "control/morercpthosts.cdb", disk);
    }

    @Override
    public Exit run(Invocation call) {
        return cdb.make(call, writer -> new Adding(writer, call));
    }

    private final class Adding implements CdbFromLines.Compiler {
        private final RcptHostsCompiler compiler;

        Adding(CdbWriter writer, Invocation call) {
            compiler = new RcptHostsCompiler(writer, warning -> cdb.warn(call, warning));
        }

        @Override
        public CdbFromLines.Next add(OctetLines.Line line) throws IOException {
            compiler.add(line.text());
            return CdbFromLines.Next.GO_ON;
        }

        @Override
        public CdbFromLines.Next end() {
            return CdbFromLines.Next.ENOUGH;
        }
    }
}

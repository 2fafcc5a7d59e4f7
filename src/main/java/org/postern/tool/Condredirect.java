package org.postern.tool;

import java.io.IOException;
import java.util.List;
import org.postern.chain.Tool;
import org.postern.os.Errno;

/**
 * usage: condredirect newaddress program [ arg ... ], in a .qmail file. Puts the message into the queue for that address,
 * and lets no further line count, where the program says so. See docs/programs/condredirect.md.
 */
public final class Condredirect implements Tool {
    private final Condition condition;

    Condredirect(Subprogram subprogram) {
        condition = new Condition(subprogram);
    }

    @Override
    public Exit run(Invocation call) {
        List<String> arguments = call.args().arguments();
        if (arguments.size() < 2) {
            call.fds().log().line("condredirect: usage: condredirect newaddress program [ arg ... ]");
            return Exit.code(100);
        }
        return switch (condition.ask(call, "condredirect", arguments.subList(1, arguments.size()))) {
            case YES -> redirect(call, arguments.getFirst());
            case NO -> Exit.code(0);
            case LATER -> Exit.code(111);
        };
    }

    private static Exit redirect(Invocation call, String address) {
        try {
            call.fds().rewind(0);
        } catch (IOException e) {
            call.fds().log().line("condredirect: fatal: unable to rewind: " + Errno.djbText(e));
            return Exit.code(111);
        }
        return new Resubmission("condredirect", "SENDER", 99).submit(call, List.of(address));
    }
}

package org.postern.tool;

import org.postern.chain.Tool;

/** usage: except program [ arg ... ]: the other way round. See docs/programs/except.md. */
public final class Except implements Tool {
    private final Condition condition;

    Except(Subprogram subprogram) {
        condition = new Condition(subprogram);
    }

    @Override
    public Exit run(Invocation call) {
        if (call.args().arguments().isEmpty()) {
            call.fds().log().line("except: usage: except program [ arg ... ]");
            return Exit.code(100);
        }
        return Exit.code(
                switch (condition.ask(call, "except", call.args().arguments())) {
                    case YES -> 100;
                    case NO -> 0;
                    case LATER -> 111;
                });
    }
}

package org.postern.tool;

import java.util.List;
import org.postern.chain.Args;
import org.postern.chain.Tool;

/** What bouncesaying, condredirect and except ask a program: exit code 0 is yes, 111 later, any other no. */
record Condition(Subprogram subprogram) {
    private static final int TEMPORARY = 111;

    enum Answer {
        YES,
        /** Also where there is no such program (condredirect(1)); then with a warning. */
        NO,
        /** Not known now: the delivery is tried again. */
        LATER
    }

    /** @param name whose lines the log gets */
    Answer ask(Tool.Invocation call, String name, List<String> program) {
        return switch (subprogram.run(call.with(new Args(program), call.env(), call.fds()))) {
            case Subprogram.Outcome.Exited(int code) when code == 0 -> Answer.YES;
            case Subprogram.Outcome.Exited(int code)
            when code == TEMPORARY -> later(call, name + ": fatal: temporary child error");
            case Subprogram.Outcome.Exited _ -> Answer.NO;
            case Subprogram.Outcome.Crashed _ -> later(call, name + ": fatal: child crashed");
            case Subprogram.Outcome.CannotRun cannot -> {
                String what = "unable to run " + program.getFirst() + ": " + cannot.why();
                if (cannot.forGood()) {
                    call.fds().log().line(name + ": warning: " + what);
                    yield Answer.NO;
                }
                yield later(call, name + ": fatal: " + what);
            }
        };
    }

    private static Answer later(Tool.Invocation call, String line) {
        call.fds().log().line(line);
        return Answer.LATER;
    }
}

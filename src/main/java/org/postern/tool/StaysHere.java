package org.postern.tool;

import java.io.IOException;
import java.util.List;
import org.postern.chain.Programs;
import org.postern.chain.Tool.Invocation;

/**
 * Tells whether a command line stays within this process to its end. Where it does not, a foreign program will read from
 * the client's descriptor itself, and nothing behind PASS may have been taken from there before (docs/adr/0006).
 */
@FunctionalInterface
public interface StaysHere {
    boolean wholly(Invocation call, List<String> subprogram);

    /**
     * Looks at the whole command line, since each program becomes one that is named in its arguments: its first word is
     * one of our programs, and no other word names a foreign one. A word that only looks like one costs system calls,
     * nothing else.
     */
    static StaysHere by(Programs programs) {
        return (call, subprogram) -> programs.isOurs(subprogram.getFirst(), call.env(), call.cwd())
                && subprogram.stream().noneMatch(word -> isForeign(programs, word, call));
    }

    private static boolean isForeign(Programs programs, String word, Invocation call) {
        try {
            return programs.find(word, call.env(), call.cwd()) instanceof Programs.Found.Foreign;
        } catch (IOException e) {
            return false;
        }
    }
}

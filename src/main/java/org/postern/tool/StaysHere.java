package org.postern.tool;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
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
        // A server asks for the same line again and again: the answer holds for a moment.
        ConcurrentHashMap<Question, Answer> answers = new ConcurrentHashMap<>();
        return (call, subprogram) -> {
            Question question = new Question(subprogram, call.env().find("PATH").orElse(""), call.cwd());
            long now = System.nanoTime();
            Answer answer = answers.get(question);
            if (answer == null || now - answer.since > HOLDS.toNanos()) {
                answer = new Answer(look(programs, call, subprogram), now);
                if (answers.size() >= MOST_ANSWERS) {
                    answers.clear();
                }
                answers.put(question, answer);
            }
            return answer.wholly;
        };
    }

    Duration HOLDS = Duration.ofSeconds(1);

    int MOST_ANSWERS = 100;

    /** What the answer depends on, besides the files themselves. */
    record Question(List<String> subprogram, String path, Path cwd) {}

    /** @param since by System.nanoTime */
    record Answer(boolean wholly, long since) {}

    private static boolean look(Programs programs, Invocation call, List<String> subprogram) {
        return programs.isOurs(subprogram.getFirst(), call.env(), call.cwd())
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

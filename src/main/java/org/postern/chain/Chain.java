package org.postern.chain;

/**
 * Runs a chain of programs to its end: what fork, exec and wait are to a parent. tcpserver and qmail-popup are parents
 * that wait for it.
 */
@FunctionalInterface
public interface Chain {
    /** Runs the program named in the invocation's args, and whatever it becomes, and waits for the end. */
    Ended run(Tool.Invocation first);
}

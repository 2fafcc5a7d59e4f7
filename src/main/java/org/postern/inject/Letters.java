package org.postern.inject;

/**
 * The letters of QMAILINJECT (qmail-inject(8)).
 *
 * @param addressComment c: the field From as {@code user@host (Name)}
 * @param ignoreReturnPath s: a Return-Path in the message says nothing about the sender
 * @param dropFrom f: From is made anew
 * @param dropMessageId i: Message-ID is made anew
 * @param perRecipient r: the sender tells the recipient (VERP): {@code user-@host-@[]}
 * @param perMessage m: the sender tells the message: {@code user-TIME.PID@host}
 */
public record Letters(
        boolean addressComment,
        boolean ignoreReturnPath,
        boolean dropFrom,
        boolean dropMessageId,
        boolean perRecipient,
        boolean perMessage) {
    /** Unknown letters mean nothing. */
    public static Letters of(String letters) {
        return new Letters(
                letters.indexOf('c') >= 0,
                letters.indexOf('s') >= 0,
                letters.indexOf('f') >= 0,
                letters.indexOf('i') >= 0,
                letters.indexOf('r') >= 0,
                letters.indexOf('m') >= 0);
    }
}

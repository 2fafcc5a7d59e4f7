package org.postern;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** A text of any size without a line end, 8-bit, that is never in memory: made, and found again in a stream, piece by piece. */
final class TestingLargeText {
    private static final byte[] MARK = "TheLargeTextBeginsHere:".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] PIECE = new byte[64 << 10];

    static {
        for (int i = 0; i < PIECE.length; i++) {
            PIECE[i] = (byte) (i % 61 == 0 ? 0xe9 : 'a' + i % 23);
        }
    }

    private final long size;

    /** @param size octets, behind a mark that it begins with */
    TestingLargeText(long size) {
        this.size = size;
    }

    long size() {
        return MARK.length + size;
    }

    void writeTo(OutputStream out) throws IOException {
        out.write(MARK);
        for (long left = size; left > 0; left -= PIECE.length) {
            out.write(PIECE, 0, (int) Math.min(left, PIECE.length));
        }
        out.flush();
    }

    /** Whether the stream has it, whole and as it was. */
    boolean isIn(InputStream in) throws IOException {
        Finder finder = new Finder();
        byte[] piece = new byte[64 << 10];
        int n = 0;
        while (n >= 0 && !finder.isOver()) {
            n = in.read(piece);
            for (int i = 0; i < n; i++) {
                finder.octet(piece[i]);
            }
        }
        return finder.isFound();
    }

    /** Looks for it in octets that come one by one. */
    final class Finder {
        private final MessageDigest digest = sha256();
        private final byte[] collected = new byte[8192];
        private int filled;
        private int matched;
        private long left = size;

        void octet(byte octet) {
            if (matched < MARK.length) {
                matched = octet == MARK[matched] ? matched + 1 : octet == MARK[0] ? 1 : 0;
            } else if (left > 0) {
                collected[filled++] = octet;
                left--;
                if (filled == collected.length || left == 0) {
                    digest.update(collected, 0, filled);
                    filled = 0;
                }
            }
        }

        boolean isOver() {
            return left == 0;
        }

        /** Whether all of it came, as it was. */
        boolean isFound() {
            return isOver() && hex(digest).equals(expected());
        }
    }

    private String expected() {
        MessageDigest digest = sha256();
        for (long left = size; left > 0; left -= PIECE.length) {
            digest.update(PIECE, 0, (int) Math.min(left, PIECE.length));
        }
        return hex(digest);
    }

    private static String hex(MessageDigest digest) {
        try {
            return HexFormat.of().formatHex(((MessageDigest) digest.clone()).digest());
        } catch (CloneNotSupportedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}

package org.postern.gateway;

import java.security.SecureRandom;

/** A password of letters and digits that are not taken for one another: 70 bits. */
public final class GeneratedPassword {
    private static final String LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";
    private static final int LENGTH = 14;

    private GeneratedPassword() {}

    public static String get() {
        SecureRandom random = new SecureRandom();
        StringBuilder password = new StringBuilder();
        for (int i = 0; i < LENGTH; i++) {
            password.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return password.toString();
    }
}

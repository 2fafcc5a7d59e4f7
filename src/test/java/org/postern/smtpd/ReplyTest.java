package org.postern.smtpd;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReplyTest {
    /** RFC 2034 §4: all replies of 2, 4 and 5 but the greeting and those to HELO and EHLO, and the first digits agree. */
    @Test
    void eachHasAnEnhancedStatusCode() throws IllegalAccessException {
        List<Reply> all = new ArrayList<>(List.of(
                Reply.queued(1, 1),
                Reply.lineTooLong(1),
                Reply.malformedLogin("x"),
                Manners.serve().timeout(),
                Manners.serve().help(),
                Manners.serve().strayLineEnd()));
        for (Class<?> owner : List.of(Reply.class, ServeManners.class)) {
            for (Field field : owner.getDeclaredFields()) {
                if (Modifier.isStatic(field.getModifiers()) && field.getType() == Reply.class) {
                    field.setAccessible(true);
                    all.add((Reply) field.get(null));
                }
            }
        }
        for (int exit = -9; exit < 128; exit++) {
            all.add(QueueReplies.of(exit));
        }
        all.remove(Reply.GO_AHEAD);
        assertThat(all)
                .hasSizeGreaterThan(170)
                .allSatisfy(reply -> assertThat(Manners.serve().text(reply))
                        .matches("([245])\\d\\d \\1\\.\\d{1,3}\\.\\d{1,3} [^\\r\\n]+\\r\\n"));
    }
}

package org.postern;

import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The map: a room uses only rooms in rows below its own. */
class ArchitectureTest {
    private static final List<Set<String>> ROWS = List.of(
            Set.of("tool"),
            Set.of("gateway"),
            Set.of("control"),
            Set.of("pop3d", "smtpd", "send", "sidecar"),
            Set.of("local", "remote", "auth", "inject"),
            Set.of("maildir", "queue", "relay", "dns", "dkim"),
            Set.of("users"),
            Set.of("config"),
            Set.of("chain"),
            Set.of("tcp"),
            Set.of("event"),
            Set.of("mail", "file"),
            Set.of("os"));

    private static final String ROOT = "org.postern.";

    private final JavaClasses classes = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.postern");

    @Test
    void everyPackageStandsOnARow() {
        Set<String> homeless = new TreeSet<>();
        for (JavaClass c : classes) {
            if (c.getPackageName().startsWith(ROOT) && row(c) < 0) {
                homeless.add(c.getPackageName());
            }
        }
        assertThat(homeless).isEmpty();
    }

    @Test
    void arrowsPointDown() {
        Set<String> upward = new TreeSet<>();
        for (JavaClass c : classes) {
            for (Dependency d : c.getDirectDependenciesFromSelf()) {
                JavaClass target = d.getTargetClass().getBaseComponentType();
                if (target.getPackageName().startsWith(ROOT)
                        && !target.getPackageName().equals(c.getPackageName())
                        && row(target) <= row(c)) {
                    upward.add(c.getName() + " uses " + target.getName());
                }
            }
        }
        assertThat(upward).isEmpty();
    }

    private static int row(JavaClass c) {
        String room = c.getPackageName().substring(ROOT.length()).split("\\.", -1)[0];
        for (int i = 0; i < ROWS.size(); i++) {
            if (ROWS.get(i).contains(room)) {
                return i;
            }
        }
        return -1;
    }
}

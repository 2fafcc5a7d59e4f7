package org.postern.send;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.postern.config.DestinationLimit;
import org.postern.config.Place;
import org.postern.mail.DeliveryResult;
import org.postern.mail.DsnRcpt;
import org.postern.queue.MessageName;
import org.postern.queue.TestingClock;

class LaneTest {
    private static final DeliveryResult YES = new DeliveryResult.Delivered("");
    private static final DeliveryResult LATER = new DeliveryResult.Deferred("");
    private static final Duration SOON = Duration.ofMillis(50);
    private static final Duration LONG = Duration.ofSeconds(60);

    private final TestingClock clock = new TestingClock();
    private final List<String> log = new ArrayList<>();
    private final HourCounts counts = new HourCounts(new SenderClock(clock, new Random(1)), new SendLog(log::add));

    private Lane lane(int limit) {
        return new Lane(limit, counts);
    }

    private static Work limited(String domain, int connections, int messages) {
        return new Work(
                null,
                0,
                new Route.Remote("a@" + domain, new Place(domain, new DestinationLimit(connections, messages))),
                DsnRcpt.NONE);
    }

    private static Work work(String domain) {
        return new Work(null, 0, new Route.Remote("a@" + domain, Place.of(domain)), DsnRcpt.NONE);
    }

    private static Entry entry(int id) {
        return new Entry(MessageName.parse(id + "-0000000000000001").orElseThrow(), false, Instant.EPOCH);
    }

    private static void add(Lane lane, String domain, int count) {
        for (int i = 0; i < count; i++) {
            lane.add(work(domain), false);
        }
    }

    private static List<String> start(Lane lane) {
        List<String> started = new ArrayList<>();
        for (Work w = lane.start(); w != null; w = lane.start()) {
            started.add(w.place().name());
        }
        return started;
    }

    private static void end(Lane lane, DeliveryResult result, Duration took, List<String> domains) {
        domains.forEach(domain -> lane.ended(work(domain), result, took));
    }

    /** Has one delivery of it, so that its pace is known. */
    private static void learn(Lane lane, String domain, DeliveryResult result, Duration took) {
        add(lane, domain, 1);
        end(lane, result, took, start(lane));
    }

    @Test
    void anUnknownDestinationGetsHalfOfThreeQuartersAndTheNextHalfOfTheRest() {
        Lane lane = lane(20);
        add(lane, "a", 50);
        assertThat(start(lane)).hasSize(8);
        add(lane, "b", 50);
        assertThat(start(lane)).hasSize(4).containsOnly("b");
        add(lane, "c", 50);
        assertThat(start(lane)).hasSize(2).containsOnly("c");
        assertThat(lane.active()).isEqualTo(14);
        assertThat(lane.waiting()).isEqualTo(136);
    }

    @Test
    void oneThatAnswersSoonGetsMost() {
        Lane lane = lane(20);
        learn(lane, "a", YES, SOON);
        add(lane, "a", 50);
        assertThat(start(lane)).hasSize(15);
        add(lane, "b", 50);
        assertThat(start(lane)).hasSize(3).containsOnly("b");
    }

    @Test
    void oneThatTakesLongGetsAQuarterWhateverItSays() {
        for (DeliveryResult result : List.of(YES, LATER)) {
            Lane lane = lane(20);
            learn(lane, "a", result, LONG);
            add(lane, "a", 50);
            assertThat(start(lane)).hasSize(5);
        }
    }

    @Test
    void aQuickDeferralChangesNothing() {
        Lane lane = lane(20);
        learn(lane, "slow", LATER, LONG);
        learn(lane, "slow", LATER, SOON);
        add(lane, "slow", 50);
        assertThat(start(lane)).hasSize(5);
        Lane other = lane(20);
        learn(other, "new", LATER, SOON);
        add(other, "new", 50);
        assertThat(start(other)).hasSize(8);
    }

    @Test
    void thousandsOfDeadDestinationsLeaveAQuarterToThoseThatAnswer() {
        Lane lane = lane(20);
        learn(lane, "good", YES, SOON);
        for (int i = 0; i < 4000; i++) {
            add(lane, "dead" + i, 1);
        }
        List<String> dead = start(lane);
        assertThat(dead).hasSize(15);
        add(lane, "good", 3);
        assertThat(start(lane)).containsExactly("good", "good", "good");
        end(lane, LATER, LONG, dead);
        end(lane, YES, SOON, List.of("good", "good", "good"));
        // Now they are known: they get half, and the others of them a quarter more.
        dead.forEach(domain -> add(lane, domain, 1));
        assertThat(start(lane)).hasSize(15);
        add(lane, "good", 1);
        assertThat(start(lane)).containsExactly("good");
    }

    @Test
    void whatWasTriedInVainBeforeIsPresumedSlow() {
        Lane lane = lane(20);
        for (int i = 0; i < 4000; i++) {
            lane.add(work("dead" + i), true);
        }
        assertThat(start(lane)).hasSize(10);
        add(lane, "new", 1);
        assertThat(start(lane)).containsExactly("new");
    }

    @Test
    void theLatestToComeIsOneOfTheNextTwo() {
        Lane lane = lane(20);
        for (int i = 0; i < 4000; i++) {
            add(lane, "dead" + i, 1);
        }
        List<String> dead = start(lane);
        add(lane, "new", 1);
        end(lane, LATER, LONG, dead.subList(0, 2));
        assertThat(start(lane)).hasSize(2).contains("new");
    }

    @Test
    void destinationsTakeTurns() {
        Lane lane = lane(16);
        add(lane, "a", 5);
        add(lane, "b", 5);
        add(lane, "c", 5);
        List<String> started = start(lane);
        assertThat(started.subList(0, 3)).containsExactlyInAnyOrder("a", "b", "c");
        assertThat(started.subList(3, 6)).containsExactlyInAnyOrder("a", "b", "c");
    }

    @Test
    void whatEndsMakesRoom() {
        Lane lane = lane(2);
        add(lane, "a", 3);
        assertThat(start(lane)).hasSize(1);
        assertThat(start(lane)).isEmpty();
        lane.ended(work("a"), LATER, SOON);
        assertThat(start(lane)).hasSize(1);
    }

    @Test
    void evenALimitOfOneDelivers() {
        Lane lane = lane(1);
        add(lane, "a", 1);
        assertThat(start(lane)).containsExactly("a");
        end(lane, LATER, LONG, List.of("a"));
        add(lane, "a", 1);
        assertThat(start(lane)).containsExactly("a");
        assertThat(start(lane(0))).isEmpty();
    }

    @Test
    void messagesAreParkedBehindWhatIsEnoughAndComeBackWhenItIsLittle() {
        Lane lane = lane(100);
        Destination.Key a = work("a").key();
        add(lane, "a", Lane.ENOUGH - 1);
        assertThat(lane.mustPark(a)).isFalse();
        add(lane, "a", 1);
        assertThat(lane.hasEnough(a)).isTrue();
        Entry first = entry(1);
        Entry second = entry(2);
        lane.park(first, a, false);
        lane.park(second, a, false);
        assertThat(lane.unpark()).isNull();
        for (int i = 0; i < Lane.ENOUGH - Lane.FEW + 1; i++) {
            lane.ended(lane.start(), YES, SOON);
        }
        assertThat(lane.mustPark(a)).isTrue();
        assertThat(lane.hasEnough(a)).isFalse();
        assertThat(lane.unpark()).isSameAs(first);
        assertThat(lane.unpark()).isSameAs(second);
        assertThat(lane.unpark()).isNull();
        assertThat(lane.mustPark(a)).isFalse();
    }

    @Test
    void aFullLaneParksWhateverItIsToDoAndGivesNothingBack() {
        Lane lane = lane(100);
        Destination.Key a = work("a").key();
        Entry entry = entry(1);
        lane.addEnvelope(Lane.MAX_ENVELOPES);
        assertThat(lane.isFull()).isTrue();
        assertThat(lane.mustPark(a)).isTrue();
        lane.park(entry, a, false);
        assertThat(lane.unpark()).isNull();
        lane.addEnvelope(-1);
        assertThat(lane.isFull()).isFalse();
        assertThat(lane.unpark()).isSameAs(entry);
    }

    @Test
    void aCrowdOfUnknownDestinationsIsNoneOfThoseThatAnswer() {
        Lane lane = lane(100);
        learn(lane, "good", YES, SOON);
        for (int i = 0; i < Lane.MAX_WAITING; i++) {
            add(lane, "dead" + i, 1);
        }
        assertThat(lane.hasRoom(work("another").key(), false)).isFalse();
        assertThat(lane.hasRoom(work("another").key(), true)).isTrue();
        assertThat(lane.hasRoom(work("good").key(), true)).isTrue();
        assertThat(lane.isFull()).isFalse();
    }

    @Test
    void ofWhatIsParkedTheOldestAndTheLatestTakeTurns() {
        Lane lane = lane(100);
        for (int i = 1; i <= 4; i++) {
            lane.park(entry(i), work("d" + i).key(), false);
        }
        List<Long> ids = new ArrayList<>();
        for (Entry e = lane.unpark(); e != null; e = lane.unpark()) {
            ids.add(e.name.id());
        }
        assertThat(ids).containsExactly(1L, 4L, 2L, 3L);
    }

    @Test
    void aDestinationHasNoMoreConnectionsThanItMay() {
        Lane lane = lane(20);
        for (int i = 0; i < 5; i++) {
            lane.add(limited("a", 2, 0), false);
        }
        assertThat(start(lane)).containsExactly("a", "a");
        add(lane, "b", 1);
        assertThat(start(lane)).containsExactly("b");
        lane.ended(work("a"), YES, SOON);
        assertThat(start(lane)).containsExactly("a");
    }

    @Test
    void anHoursMessagesAreAllThatGo() {
        Lane lane = lane(20);
        Work a = limited("a", 0, 4);
        for (int i = 0; i < 8; i++) {
            lane.add(a, false);
        }
        assertThat(start(lane)).hasSize(4);
        // Deferred ones do not count.
        assertThat(lane.ended(a, LATER, SOON)).isEmpty();
        assertThat(start(lane)).hasSize(1);
        assertThat(lane.ended(a, YES, SOON)).isEmpty();
        assertThat(lane.ended(a, new DeliveryResult.Bounced(""), SOON)).isEmpty();
        clock.advance(Duration.ofMinutes(10));
        assertThat(lane.ended(a, YES, SOON)).isEmpty();
        assertThat(log).isEmpty();
        assertThat(lane.ended(a, YES, SOON)).hasSize(3);
        assertThat(lane.waiting()).isZero();
        assertThat(lane.active()).isZero();
        Instant until = lane.waitsUntil(a);
        assertThat(log).containsExactly("limit: a has had its 4 messages an hour; mail for it waits until " + until);
        assertThat(Duration.between(clock.instant(), until)).isBetween(Duration.ofMinutes(50), Duration.ofMinutes(51));
        clock.advance(Duration.ofMinutes(49));
        assertThat(lane.waitsUntil(a)).isEqualTo(until);
        clock.advance(Duration.ofMinutes(2));
        assertThat(lane.waitsUntil(a)).isNull();
        assertThat(log).hasSize(1);
        lane.add(a, false);
        lane.add(a, false);
        lane.add(a, false);
        // Two are an hour old, the other two are not.
        assertThat(start(lane)).hasSize(2);
    }

    @Test
    void countsOutliveARestartAndDamageIsPassedOver() {
        Lane lane = lane(20);
        Work a = limited("a", 0, 1);
        lane.add(a, false);
        start(lane);
        lane.ended(a, YES, SOON);
        assertThat(counts.takeChanged()).isTrue();
        List<String> lines = new ArrayList<>(counts.lines());
        assertThat(lines).hasSize(1);
        lines.addAll(List.of("", "x", "99999999 1 future", "1 1 past", "99999999999 1 x", "-1 2 x"));
        HourCounts after = new HourCounts(new SenderClock(clock, new Random(1)), new SendLog(log::add));
        after.take(lines);
        assertThat(after.waitsUntil(a.place())).isNotNull();
        assertThat(after.lines()).isEqualTo(counts.lines());
        // A limit that was raised counts at once.
        assertThat(after.waitsUntil(limited("a", 0, 2).place())).isNull();
        clock.advance(Duration.ofMinutes(62));
        assertThat(after.lines()).isEmpty();
    }
}

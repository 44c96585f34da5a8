/** The text report of a conflict: what people know from -race. */
import { expect, it } from "vitest";
import { conflictReport } from "../../webview/report.ts";
import { sampleConflicts } from "./sampleRun.ts";

it("reads as a report of the race detector does", () => {
  expect(conflictReport(sampleConflicts[1]!)).toBe(`==================
WARNING: unsynchronised access to map[string]int (seen 3911 times)
Write at 18.0073 ms by goroutine 24:
  example.com/shop/stats.Count()
      /home/ana/shop/stats/levels.go:19
  main.startWorkers.func1()
      /home/ana/shop/cmd/shop/main.go:67

Previous write at 18.0071 ms by goroutine 22:
  example.com/shop/stats.Count()
      /home/ana/shop/stats/levels.go:19
  main.startWorkers.func1()
      /home/ana/shop/cmd/shop/main.go:67

Map made at:
  example.com/shop/stats.init()
      /home/ana/shop/stats/levels.go:11

Goroutine 24 created at:
  main.startWorkers()
      /home/ana/shop/cmd/shop/main.go:64
  main.main()
      /home/ana/shop/cmd/shop/main.go:25

Goroutine 22 created at:
  main.startWorkers()
      /home/ana/shop/cmd/shop/main.go:64
  main.main()
      /home/ana/shop/cmd/shop/main.go:25

Why nothing orders them:
  Neither goroutine 22 nor goroutine 24 is seen to hold a lock while it touches the map.
  Nothing that goroutine 22 did from its write at 18.0071 ms on was waited for by goroutine 24: no lock, channel or WaitGroup leads from the one to the other.
==================
`);
});

it("leaves out times that a record does not have", () => {
  const [one, other] = sampleConflicts[1]!.accesses;
  const untimed = [
    { ...one, when: 0, recent: [] },
    { ...other, when: 0, recent: [] },
  ] as const;
  const text = conflictReport({ ...sampleConflicts[1]!, accesses: untimed });
  expect(text).toContain("\nWrite by goroutine 24:\n");
  expect(text).toContain("\nPrevious write by goroutine 22:\n");
});

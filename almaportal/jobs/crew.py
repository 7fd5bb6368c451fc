"""Many items at a time: threads that each take the next item as soon as they are free.

One thread feeds the others, gives the signs of life, and sees when somebody pauses or stops the job.
"""

from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from time import sleep

from django.db import connection
from django.db.models import QuerySet

from almaportal.jobs.models import Item

BATCH = 100
PATIENCE = 0.2  # seconds between two looks at the job while the threads are busy


class Crew:
    """`do` for each item of `waiting`, `at_a_time`, for as long as `goes_on()`: which is also asked in between.

    Items are fed in the order of their positions; an item that falls back to *waiting* is met in the next round.
    """

    def __init__(
        self, waiting: QuerySet[Item], do: Callable[[Item], None], goes_on: Callable[[], bool], at_a_time: int
    ) -> None:
        self.waiting = waiting.order_by("position")
        self.do, self.goes_on, self.at_a_time = do, goes_on, at_a_time
        self.todo: SimpleQueue[Item | None] = SimpleQueue()
        self.is_going = True

    def work(self) -> None:
        while self.goes_on() and self.waiting.exists():
            if self.at_a_time:
                self._round_in_threads()
            else:  # tests: their database is one thread's
                self._round_alone()

    def _round_alone(self) -> None:
        position = -1
        while batch := self._after(position):
            for item in batch:
                if not self.goes_on():
                    return
                self.do(item)
            position = batch[-1].position

    def _after(self, position: int) -> list[Item]:
        return list(self.waiting.filter(position__gt=position)[:BATCH])

    def _round_in_threads(self) -> None:
        self.is_going = True
        threads = [Thread(target=self._thread, name=f"item-{n}", daemon=True) for n in range(self.at_a_time)]
        for thread in threads:
            thread.start()
        try:
            self._feed()
        except BaseException:
            self.is_going = False
            raise
        finally:  # whatever happens here, they do not go on without somebody who gives signs of life
            for _thread in threads:
                self.todo.put(None)
            for thread in threads:
                while thread.is_alive():
                    thread.join(PATIENCE)
                    self._goes_on()

    def _feed(self) -> None:
        position = -1
        while self.is_going and (batch := self._after(position)):
            position = batch[-1].position
            for item in batch:
                self.todo.put(item)
            while self.todo.qsize() > BATCH // 2 and self._goes_on():
                sleep(PATIENCE)

    def _goes_on(self) -> bool:
        self.is_going = self.is_going and self.goes_on()
        return self.is_going

    def _thread(self) -> None:
        """Once the job is to pause, what is left in the queue is taken and let go."""
        try:
            while (item := self.todo.get()) is not None:
                if self.is_going:
                    self.do(item)
        finally:
            connection.close()

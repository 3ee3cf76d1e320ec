"""Many write at once while what serves them is killed; at the end the books must be right.

The checker knows only what was asked and what was answered. Each account has a name of its own and
is written by one thread, so what must be in the tables follows from the answers alone.
"""
import random
import threading
import time

from follower import Follower
from subscriber import Subscriber
from svyaz.client import Calls
from svyaz.sender import Sender, Write
from svyaz.server import ADMIN, PASSWORD

WRITERS, REPEATERS, LINES, BATCH = 8, 4, 3, 20
CUSTOMER = "Customer"
TRUE = ("1", "true")  # as engines have it


class Account:
    """What one writer knows of one record, from the answers to him."""

    def __init__(self, name, record):
        self.name, self.id, self.version, self.employees = name, record, 1, None
        self.is_deleted = self.is_merged = self.is_master = False


class Writer:
    """Creates, updates, merges, deletes and takes orders; sends some again that were answered long ago."""

    def __init__(self, storm, number):
        self.storm, self.number = storm, number
        self.random = random.Random(f"{storm.seed}/{number}")
        self.accounts, self.orders, self.writes, self.complaints = [], {}, [], []
        self.count = 0

    def write(self, service, operation, content):
        self.count += 1
        write = Write(service, operation, content, f"{self.number}-{self.count}", self.storm.token)
        if len(self.storm.servers) > 1 and self.random.random() < 0.1:
            self.send_to_all(write)
        self.send(write)
        self.writes.append(write)
        if write.answer.code:
            raise RuntimeError(f"{operation} {content} was refused: {write.answer.body!r}")
        return write.answer

    def send(self, write):
        complaint = write.take(self.storm.sender.send(write))
        if complaint:
            self.complaints.append(complaint)

    def send_to_all(self, write):
        """Copies that race, one on each node."""
        replies = []
        threads = [threading.Thread(target=lambda server=server: replies.append(
            self.storm.sender.send(write, server))) for server in self.storm.servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.complaints += [complaint for reply in replies if (complaint := write.take(reply))]

    def create(self):
        name = f"Account {self.number}/{self.count}"
        reply = self.write("Account", "CreateAccount", f"<account><name>{name}</name></account>")
        self.accounts.append(Account(name, reply.id))

    def batch(self):
        """Many in one transaction, which takes long: what others write meanwhile is committed before it."""
        names = [f"Account {self.number}/{self.count}/{row}" for row in range(BATCH)]
        rows = "".join(f"<Account><name>{name}</name></Account>" for name in names)
        reply = self.write("Account", "CreateMultipleAccount",
                           f"<accounts>{rows}</accounts><allOrNone>true</allOrNone>")
        self.accounts += [Account(name, record) for name, record in zip(names, reply.ids, strict=True)]

    def update(self):
        account = self.random.choice(self.accounts)
        if account.is_deleted:
            return
        account.employees = self.count
        reply = self.write("Account", "UpdateAccount", f"<account><id>{account.id}</id><numberOfEmployees>"
                           f"{self.count}</numberOfEmployees></account>")
        account.version += 1
        if int(reply.version) != account.version:
            self.complaints.append(f"{account.name} has version {reply.version} instead of {account.version}")

    def merge(self):
        """Of two one is given up. Into whom others were merged is not deleted: they would change with it."""
        active = [account for account in self.accounts if not account.is_deleted and not account.is_merged]
        if len(active) < 2:
            return
        master, subordinate = self.random.sample(active, 2)
        master.employees = self.count
        reply = self.write("Account", "MergeAccount", f"<id>{master.id}</id><subordinateId>{subordinate.id}"
                           f"</subordinateId><fields><numberOfEmployees>{self.count}</numberOfEmployees></fields>")
        master.version, master.is_master = master.version + 1, True
        subordinate.version, subordinate.is_merged = subordinate.version + 1, True
        if int(reply.version) != master.version:
            self.complaints.append(f"{master.name} has version {reply.version} instead of {master.version}")

    def delete(self):
        account = self.random.choice(self.accounts)
        if not account.is_deleted and not account.is_master:
            self.write("Account", "DeleteAccount", f"<id>{account.id}</id>")
            account.is_deleted = True

    def order(self):
        name = f"Order {self.number}/{self.count}"
        lines = "".join(f"<SalesOrderDetail><productDescription>{name}</productDescription><quantity>{line + 1}"
                        "</quantity><pricePerUnit>10</pricePerUnit></SalesOrderDetail>" for line in range(LINES))
        reply = self.write("SalesOrder", "CreateSalesOrder", f"<salesOrder><name>{name}</name>"
                           f"<customer><entity>Account</entity><id>{self.storm.customer}</id></customer>"
                           f"<lines>{lines}</lines></salesOrder>")
        self.orders[reply.id] = name

    def run(self):
        ways = (self.create, self.update, self.update, self.update, self.order, self.delete, self.batch, self.merge)
        try:
            self.create()
            while self.storm.goes_on():
                self.random.choice(ways)()
                if self.random.random() < 0.1:
                    self.send(self.random.choice(self.writes))
        except Exception as reason:  # pylint: disable=broad-except
            self.complaints.append(f"writer {self.number}: {reason!r}")


class Repeater:
    """Sends again, all the time, what was answered long ago."""

    def __init__(self, storm, number):
        self.storm, self.random = storm, random.Random(f"{storm.seed}/repeater/{number}")
        self.complaints = []

    def run(self):
        try:
            while self.storm.goes_on():
                writes = self.random.choice(self.storm.writers).writes
                if writes:
                    write = self.random.choice(writes)
                    complaint = write.take(self.storm.sender.send(write))
                    self.complaints += [complaint] if complaint else []
                time.sleep(0.01)
        except Exception as reason:  # pylint: disable=broad-except
            self.complaints.append(f"repeater: {reason!r}")


class Storm:
    """Writers, and what kills what serves them."""

    def __init__(self, seed, engine, servers, writes):
        self.seed, self.engine, self.servers, self.wanted = seed, engine, servers, writes
        self.token = Calls(servers[0]).login(ADMIN, PASSWORD)
        self.sender = Sender(servers)
        self.followers = [Follower(self, "Account"), Follower(self)]
        self.subscribers = [Subscriber(self, is_picky) for is_picky in (False, True)]
        self.customer = self.make_customer()
        self.writers = [Writer(self, number) for number in range(WRITERS)]
        self.repeaters = [Repeater(self, number) for number in range(REPEATERS)]
        self.kills_left = 0
        self.away = []  # seconds from a kill to the first answer after it

    def make_customer(self):
        """Of all orders; nobody else writes it."""
        write = Write("Account", "CreateAccount", f"<account><name>{CUSTOMER}</name></account>", "customer",
                      self.token)
        return self.sender.send(write).id

    def written(self):
        return sum(len(writer.writes) for writer in self.writers)

    def goes_on(self):
        """Until all is written and nothing is left to be killed, or somebody has a complaint."""
        is_done = self.written() >= self.wanted and not self.kills_left
        return not is_done and not any(writer.complaints for writer in self.writers)

    def rage(self, kills, kill):
        """Runs until all is written, with that many kills spread over the time."""
        threads = [threading.Thread(target=sender.run) for sender in (*self.writers, *self.repeaters)]
        chance = random.Random(f"{self.seed}/kills")
        self.kills_left = kills
        for thread in (*self.followers, *threads):
            thread.start()
        for number in range(kills):
            while self.goes_on() and self.written() < self.wanted * number / kills:
                time.sleep(0.01)
            if not self.goes_on():
                break
            time.sleep(chance.random() * 0.05)
            began, before = time.monotonic(), self.written()
            kill(chance)
            self.kills_left -= 1
            while self.goes_on() and self.written() == before:
                time.sleep(0.005)
            self.away.append(time.monotonic() - began)
        for thread in threads:
            thread.join()
        accounts = self.cells()["account"]
        for follower in self.followers:
            follower.end(accounts)
        for subscriber in self.subscribers:
            subscriber.end()

    def complaints(self):
        found = [complaint for sender in (*self.writers, *self.repeaters) for complaint in sender.complaints]
        for writer in self.writers:
            for write in writer.writes:
                writer.complaints.clear()
                writer.send(write)
                found += writer.complaints
        return found + self.differences()

    def cells(self):
        return self.engine.cells(self.servers[0], {
            "account": ["id", "name", "version", "numberOfEmployees", "isMerged"],
            "sales_order": ["id", "name"],
            "sales_order_detail": ["salesOrder"]})

    def differences(self):
        """What the tables hold, against what the answers said."""
        cells = self.cells()
        found = []
        wanted = sorted((account.name, account.version, account.employees) for writer in self.writers
                        for account in writer.accounts if not account.is_deleted)
        there = sorted((row["name"], row["version"], row["numberOfEmployees"]) for row in cells["account"]
                       if row["name"] != CUSTOMER)
        if wanted != there:
            found.append(f"accounts: {sorted(set(map(str, wanted)) ^ set(map(str, there)))[:6]}, "
                         f"{len(wanted)} wanted, {len(there)} there")
        merged = {account.id for writer in self.writers for account in writer.accounts
                  if account.is_merged and not account.is_deleted}
        if merged != {row["id"] for row in cells["account"] if str(row["isMerged"]).lower() in TRUE}:
            found.append(f"{len(merged)} accounts were merged, which is not what is there")
        orders = {order: name for writer in self.writers for order, name in writer.orders.items()}
        if orders != {row["id"]: row["name"] for row in cells["sales_order"]}:
            found.append(f"{len(orders)} orders wanted, {len(cells['sales_order'])} there")
        lines = {}
        for row in cells["sales_order_detail"]:
            lines[row["salesOrder"]] = lines.get(row["salesOrder"], 0) + 1
        if lines != {order: LINES for order in orders}:
            found.append("an order has not all its lines")
        return found + [complaint for reader in (*self.followers, *self.subscribers)
                        for complaint in reader.differences(cells["account"])]

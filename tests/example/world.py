# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 The idc contributors
"""The people and clubs of the example's service, how they are made, and what somebody else may do to them."""
import random

NAMES = ["Ilse Marrow", "Žofie Dvořáková", "محمد الفارسي", "שירה כהן", "佐藤 花子", "Zoe\u0301 Combining", "👩🏽‍🚒 Ember", "O'Neill \"Quote\" \\ Slash",
         "  Blank Edges  ", "-dash", "=SUM(A1)", "ﷺ", "İsmail", "ß", "Æ" * 200]
CLUB_NAMES = ["Chess", "Rowing / Harbour", "Ёлка", "合唱団", "Empty", "By Invitation", "Æther"]


class World:
    """spec: people, clubs, seed. The same makes the same world. clubs: the first has up to 110 members, then 50, 51, 1 and 0 of them, one
    that is not open, and others at random."""

    def __init__(self, spec):
        unknown = set(spec) - {"people", "clubs", "seed"}
        if unknown:
            raise ValueError(f"a world has people, clubs and seed, and no {', '.join(sorted(unknown))}")
        count, clubs, chance = spec.get("people", 120), spec.get("clubs", 7), random.Random(spec.get("seed", 1))
        self._rows = None
        self.people = {}
        for number in range(1, count + 1):
            name = NAMES[chance.randrange(len(NAMES))]
            self.people[f"p{number:06}"] = {"name": name if number % 3 else f"{name} {number}",
                                            "email": None if number % 17 == 0 else f"person{number}@example.com"}
        ids = sorted(self.people)
        sizes = [110, 50, 51, 1, 0, 10]
        self.clubs = {}
        for number in range(clubs):
            size = min(count, sizes[number] if number < len(sizes) else chance.randrange(count + 1))
            self.clubs[f"c{number + 1:03}"] = {"name": CLUB_NAMES[number % len(CLUB_NAMES)], "open": number != 5,
                                               "members": set(ids[:size])}

    def people_rows(self):
        if self._rows is None:
            self._rows = [(person, {"id": person, **self.people[person]}) for person in sorted(self.people)]
        return self._rows

    def club_rows(self):
        return [(club, {"id": club, "name": told["name"], "open": told["open"], "members": len(told["members"])})
                for club, told in sorted(self.clubs.items())]

    def state(self):
        """What an auditor should see, with the ids that the connector gives."""
        return {
            "principals": [{"id": person, **told} for person, told in self.people.items()],
            "resources": [{"id": f"club:{club}", "type": "club", "name": told["name"]} for club, told in self.clubs.items()],
            "entitlements": [{"id": f"club:{club}:member", "kind": "group", "name": told["name"], "resource": f"club:{club}",
                              "assignable": told["open"]} for club, told in self.clubs.items()],
            "grants": [{"user_id": person, "entitlement_id": f"club:{club}:member", "via": []}
                       for club, told in self.clubs.items() for person in sorted(told["members"])],
        }

    def mutate(self, changes):
        for change in changes:
            operation = getattr(self, "_" + str(change.get("op")), None)
            if operation is None:
                raise ValueError(f"there is no change {change.get('op')}")
            operation(**{key: value for key, value in change.items() if key != "op"})
            self._rows = None

    def _add_person(self, person, name, email=None):
        self.people[person] = {"name": name, "email": email}

    def _delete_person(self, person):
        del self.people[person]
        for club in self.clubs.values():
            club["members"].discard(person)

    def _rename_person(self, person, name):
        self.people[person]["name"] = name

    def _add_club(self, club, name):
        self.clubs[club] = {"name": name, "open": True, "members": set()}

    def _delete_club(self, club):
        del self.clubs[club]

    def _rename_club(self, club, name):
        self.clubs[club]["name"] = name

    def _join(self, club, person):
        if person not in self.people:
            raise ValueError(f"there is no person {person}")
        self.clubs[club]["members"].add(person)

    def _leave(self, club, person):
        self.clubs[club]["members"].discard(person)

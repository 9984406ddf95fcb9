"""Vocabulary of the demo: fictional names, streets, skills, notes, and reasons."""


def _split(text: str) -> tuple[str, ...]:
    return tuple(text.split())


FIRST_NAMES = _split(
    """Aaron Abby Adrian Alicia Amara Andre Angela Anita Arturo Bella Benjamin Bianca Brandon Calvin Camila Carla
    Carlos Cassidy Cecilia Chen Claire Cody Damian Dana Darius David Deepa Delia Derek Diego Dmitri Donna Edith
    Elena Eli Emeka Emma Ernesto Esther Ethan Fatima Felix Fiona Frank Gabriel Gina Grace Hannah Hector Helen Hugo
    Ian Imani Ingrid Isaac Ivan Jamal Janet Jasmine Javier Joanna Jorge Josie Julian Kara Keisha Kenji Kyle Lamar
    Laura Leon Lina Logan Lucia Luis Maeve Malik Marcus Maria Marta Mei Miguel Mira Naomi Nathan Nina Noel Olivia
    Omar Oscar Paige Paul Pedro Priya Quinn Rafael Ray Renee Rosa Ruben Ruth Samir Sara Scott Sofia Stella Tariq
    Teresa Theo Tina Tomas Uma Vera Victor Wanda Wesley Xavier Yara Yusuf Zoe"""
)
LAST_NAMES = _split(
    """Abbott Acosta Adeyemi Aguilar Ahmed Alvarez Anderson Baker Banerjee Barnes Becker Bennett Bishop Blake Bowman
    Brooks Bryant Burke Calderon Campbell Castillo Chang Chavez Clarke Cohen Collins Cooper Crawford Cruz Dalton
    Delgado Diaz Dixon Doyle Duffy Duran Eaton Ellis Espinoza Farley Fischer Flores Foster Franklin Fuentes Gallagher
    Garcia Gibson Gomez Graham Grant Griffin Guerrero Hale Hansen Harper Hassan Hayes Henry Herrera Hoffman Holloway
    Hughes Ibarra Ingram Jackson Jensen Johnson Juarez Kaplan Keller Khan Kim Kowalski Larsen Lee Lopez Lowe Lynch
    Maldonado Marsh Martin Mbeki McCoy Medina Meyer Miller Monroe Morales Murphy Nakamura Navarro Nguyen Nolan Novak
    Ochoa Okafor Olsen Ortega Osborne Owens Palmer Park Patel Pena Perkins Peters Petrov Powell Quintero Ramirez Reed
    Reyes Rhodes Rivera Romero Rossi Ruiz Salazar Sanders Santos Schmidt Shaw Silva Singh Sloan Soto Stone Suarez
    Sullivan Tanaka Tate Thompson Torres Tran Underwood Valdez Vargas Vasquez Walsh Warren Weaver Webb Wells Whitaker
    Wong Woods Yates Yoder Young Zamora Zhang Zimmerman"""
)
CREWS = {
    "flooring": ("Flooring", "& Sons Flooring", "Hardwood Floors", "Floor Crew", "& Daughters Floors"),
    "tile": ("Tile", "Tile & Stone", "& Sons Tile", "Tile Works", "Stone & Mosaic"),
    "carpet": ("Carpets", "Carpet Crew", "Carpet & Rug", "& Sons Carpet", "Carpet Fitters"),
    "multi": ("Interiors", "Floors & Tile", "Floor Coverings", "Home Surfaces", "Renovation Crew"),
}
STREETS = (
    *_split(
        """Alder Aspen Bayberry Birch Canyon Cedar Chestnut Clover Cottonwood Cypress Dogwood Elm Fairview Fern
        Foxglove Franklin Garden Grove Hawthorn Hickory Highland Hillcrest Holly Jefferson Juniper Lakeview Larkspur
        Laurel Lincoln Linden Locust Madison Magnolia Maple Meadow Mesa Mill Monroe Mulberry Myrtle Oak Orchard Park
        Pecan Pine Poplar Prairie Quail Redwood Ridge River Rosewood Sage Spruce Summit Sunset Sycamore Valley Walnut
        Washington Willow Winding"""
    ),
    "Cedar Ridge",
    "Eagle Pass",
    "Fox Hollow",
    "Juniper Creek",
    "Old Mill",
    "Quarry Hill",
    "Stone Bridge",
    "Wild Plum",
)
STREET_KINDS = _split("Ave Blvd Cir Ct Dr Ln Pl Rd St St St Ave Dr Way")
SKILLS = {
    "flooring": (
        "engineered wood",
        "hardwood",
        "laminate",
        "sanding",
        "stair treads",
        "subfloor repair",
        "vinyl plank",
    ),
    "tile": ("backsplash", "ceramic", "large format", "mosaic", "natural stone", "porcelain", "waterproofing"),
    "carpet": ("carpet tile", "pad replacement", "pet damage repair", "seam repair", "stair runner", "stretching"),
}
NOTES = (
    "Call on arrival; the gate code is with the customer.",
    "Customer works nights: please ring, do not knock.",
    "Dog in the yard.",
    "Elevator is reserved for us from 9 to 11.",
    "Furniture has been moved already.",
    "Old floor has to be taken up and hauled away.",
    "Park in the alley behind the house.",
    "Rental turnover, tenant moves in the day after.",
    "Second floor, no elevator.",
    "Samples were agreed at the showroom; the customer has them.",
    "Shoes off in the rest of the house, please.",
    "Subfloor may be uneven near the back door.",
    "Water has to be off before the bathroom is started.",
)
CANCEL_REASONS = (
    "Customer postponed the renovation.",
    "Customer chose another company.",
    "House was sold.",
    "Duplicate of another order.",
    "Material is back-ordered for months.",
)
OVERRIDE_REASONS = (
    "Customer asked for them by name.",
    "Did the first room at the same address.",
    "Already has the material on the truck.",
)
COMMENTS = (
    "On time and tidy.",
    "Beautiful work, would hire again.",
    "Good job, a little late.",
    "Careful with the furniture.",
    "Explained everything well.",
    "Fine.",
    "",
    "",
)

from tests.portal.quick import _quick_pages as _quick_pages
